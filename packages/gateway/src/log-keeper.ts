import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

export interface LogKeeperOptions {
  /** `<dir>/<endpoint>/<version>.log`, and logs beside the endpoints. */
  dir: string;
  /** A log that has grown larger is cut; its end is kept beside it as `<name>.1`, bytes. */
  bytes: number;
  /** Logs that nobody has written to for so long are removed, unless they are in use, ms. */
  keepMs: number;
  /** Paths of the logs of versions that there are. */
  inUse: () => ReadonlySet<string>;
}

const LOOK_EVERY_MS = 1000;

/**
 * Keeps the logs small. Their writers hold them open for appending, so they are copied and truncated, not renamed: a
 * model server depends on nobody to read what it prints, and a line printed between the two may be lost.
 *
 * @returns ends it
 */
export function keepLogs(options: LogKeeperOptions): () => void {
  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void keepLogsOnce(options, Date.now()).finally(() => {
      looking = false;
    });
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** One look at every log. What cannot be done now (a disk that is full) is done at a later look. */
export async function keepLogsOnce({ dir, bytes, keepMs, inUse }: LogKeeperOptions, now: number): Promise<void> {
  const used = inUse();
  for (const path of await logsIn(dir)) {
    const info = await stat(path).catch(() => null);
    if (info === null) continue;
    // A writer that does not append leaves a hole behind it when the log is cut: holes take no space.
    const size = Math.min(info.size, info.blocks * 512);
    const of = path.replace(/\.1$/, '');
    if (!used.has(of) && now - info.mtimeMs > keepMs) await rm(path, { force: true });
    else if (path === of && size > bytes) await cut(path, info.size, bytes);
  }
}

async function cut(path: string, size: number, bytes: number): Promise<void> {
  const end = createReadStream(path, { start: size - bytes, end: size - 1 });
  await pipeline(end, createWriteStream(`${path}.1`, { mode: 0o600 })).catch(() => undefined);
  await truncate(path).catch(() => undefined);
}

async function logsIn(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && /\.log(\.1)?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}
