import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AlreadyRunningError } from '../errors.ts';
import { type DevFile, devFilePath, parseDevFile, readDevFile } from './dev-file.ts';

/**
 * Makes this process the project's one dev stack. Of two that try at once, one gets it; a file left by a killed stack
 * is taken over.
 *
 * @throws SluiceError `AlreadyRunning` naming the process that has it.
 */
export async function claimDevFile(root: string, stack: DevFile): Promise<void> {
  const path = devFilePath(root);
  const draft = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(draft, `${JSON.stringify(stack, null, 2)}\n`);
  try {
    while (!(await linked(draft, path))) {
      const running = await readDevFile(root);
      if (running !== null) throw taken(root, running);
      await removeStale(root, path);
    }
  } finally {
    await rm(draft, { force: true });
  }
}

/** Moves a dead stack's file away; should it have become a live one's in between, puts it back. */
async function removeStale(root: string, path: string): Promise<void> {
  const grave = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    await rename(path, grave);
  } catch {
    return;
  }
  const moved = parseDevFile(await readFile(grave, 'utf8'));
  try {
    if (moved === null) return;
    await linked(grave, path);
    throw taken(root, moved);
  } finally {
    await rm(grave, { force: true });
  }
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

function taken(root: string, running: DevFile): AlreadyRunningError {
  return new AlreadyRunningError(root, running.pid, running.temporal?.uiUrl ?? null);
}
