import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileLock, lockFile, lockHolder } from '@sluice/gateway';
import { AlreadyRunningError } from '../errors.ts';
import { readDevFile } from './dev-file.ts';

/**
 * Makes this process the project's one dev stack.
 *
 * @throws SluiceError `AlreadyRunning` naming the process that has it.
 */
export async function claimDevLock(root: string): Promise<FileLock> {
  const folder = join(root, '.sluice', 'dev');
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'stack.lock');
  const lock = lockFile(path);
  if (lock !== null) return lock;
  throw new AlreadyRunningError(root, lockHolder(path), (await readDevFile(root))?.temporal?.uiUrl ?? null);
}
