import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

const dayMs = 24 * 3600_000;

/**
 * Runs work with a folder of its own below the project's state, which is gone afterwards. What a process left there
 * that was killed is removed too: at once where that can be told, else after a day.
 */
export async function withScratch<T>(stateDir: string, work: (path: string) => Promise<T>): Promise<T> {
  const parent = join(stateDir, 'tmp', 'extract');
  await mkdir(parent, { recursive: true });
  await removeLeftovers(parent);
  const path = await mkdtemp(join(parent, `${encodeURIComponent(hostname())}:${process.pid}:`));
  try {
    return await work(path);
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

async function removeLeftovers(parent: string): Promise<void> {
  for (const entry of await readdir(parent)) {
    const [host, pid] = entry.split(':');
    const path = join(parent, entry);
    const age =
      Date.now() -
      (await stat(path).then(
        (found) => found.mtimeMs,
        () => Date.now(),
      ));
    const dead = host === encodeURIComponent(hostname()) && !isRunning(Number(pid));
    if (dead || age > dayMs) await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
