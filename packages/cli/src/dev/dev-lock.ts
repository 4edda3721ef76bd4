import { randomBytes } from 'node:crypto';
import { link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { atomicWrite } from '../atomic-write.ts';
import { AlreadyRunningError } from '../errors.ts';
import { readDevFile } from './dev-file.ts';
import { processStart } from './process-info.ts';

/**
 * Makes this process the project's one dev stack, and returns how to give that back.
 *
 * The lock is a row of numbered files. Who finds the last one's owner gone makes the next one, by a link that only one
 * can make; nobody ever removes the last, so a slow one cannot undo what a faster one has done.
 *
 * @throws SluiceError `AlreadyRunning` naming the process that has it.
 */
export async function claimDevLock(root: string): Promise<() => Promise<void>> {
  const folder = join(root, '.sluice', 'dev', 'lock');
  await mkdir(folder, { recursive: true });
  const draft = join(folder, `draft-${process.pid}-${randomBytes(4).toString('hex')}`);
  await writeFile(draft, `${process.pid} ${processStart(process.pid)}`);
  try {
    for (;;) {
      const last = Math.max(0, ...(await numbers(folder)));
      const owner = last === 0 ? null : await ownerOf(join(folder, String(last)));
      if (owner !== null) {
        throw new AlreadyRunningError(root, owner, (await readDevFile(root))?.temporal?.uiUrl ?? null);
      }
      const next = join(folder, String(last + 1));
      if (!(await linked(draft, next))) continue;
      for (const number of await numbers(folder)) {
        if (number <= last) await rm(join(folder, String(number)), { force: true });
      }
      return () => atomicWrite(next, 'free');
    }
  } finally {
    await rm(draft, { force: true });
  }
}

async function numbers(folder: string): Promise<number[]> {
  return (await readdir(folder)).filter((name) => /^\d+$/.test(name)).map(Number);
}

/** Pid of the owner; null when it is gone or has given the lock back. */
async function ownerOf(path: string): Promise<number | null> {
  const [pid = '', started] = (await readFile(path, 'utf8').catch(() => '')).split(' ');
  return started !== undefined && processStart(Number(pid)) === started ? Number(pid) : null;
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
