import { closeSync, fstatSync, ftruncateSync, openSync, readdirSync, readSync } from 'node:fs';
import { readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** What is kept of one endpoint's captures. */
export interface Retention {
  bytes: number;
  ms: number;
}

const NAME = /^(\d+)-(\d+)\.jsonl$/;

export const segmentName = (startMillis: number, n: number): string => `${startMillis}-${n}.jsonl`;

/** The names of segments, oldest first. */
export function inOrder(names: readonly string[]): string[] {
  const parsed = names.flatMap((name) => {
    const match = NAME.exec(name);
    return match ? [{ name, start: Number(match[1]), n: Number(match[2]) }] : [];
  });
  return parsed.sort((a, b) => a.start - b.start || a.n - b.n).map(({ name }) => name);
}

/** Deletes the oldest segments until the rest is young and small enough. */
export async function applyRetention(dir: string, retention: Retention, now: number): Promise<void> {
  const names = inOrder(await readdir(dir).catch(() => []));
  let kept = 0;
  for (const name of names.reverse()) {
    const path = join(dir, name);
    const info = await stat(path).catch(() => null);
    if (!info) continue;
    kept += info.size;
    if (kept > retention.bytes || info.mtimeMs < now - retention.ms) await unlink(path).catch(() => undefined);
  }
}

/** Cuts the half line off that a killed writer may have left at the end of the newest segment of each endpoint. */
export function repairTornTails(capturesDir: string): void {
  let endpoints: string[];
  try {
    endpoints = readdirSync(capturesDir);
  } catch {
    return;
  }
  for (const endpoint of endpoints) {
    try {
      const newest = inOrder(readdirSync(join(capturesDir, endpoint))).at(-1);
      if (newest) cutTornTail(join(capturesDir, endpoint, newest));
    } catch {
      // Unreadable captures must not keep the proxy from serving.
    }
  }
}

function cutTornTail(path: string): void {
  const fd = openSync(path, 'r+');
  try {
    const chunk = Buffer.alloc(64 * 1024);
    let end = fstatSync(fd).size;
    while (end > 0) {
      const length = Math.min(chunk.length, end);
      readSync(fd, chunk, 0, length, end - length);
      const newline = chunk.subarray(0, length).lastIndexOf(0x0a);
      if (newline !== -1) {
        ftruncateSync(fd, end - length + newline + 1);
        return;
      }
      end -= length;
    }
    ftruncateSync(fd, 0);
  } finally {
    closeSync(fd);
  }
}
