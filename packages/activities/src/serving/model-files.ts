import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artifact } from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';
import { hexOf } from '../store/artifact-store.ts';

const underWay = new Map<string, Promise<string>>();

/**
 * The local folder that holds a model, fetched from the store once and verified byte by byte then. Shared by all who
 * ask, in this process and in others: it appears whole, under its digest.
 *
 * @throws SluiceError `NotFound`, `Corrupt`, `StorageFull`
 */
export function modelFiles(
  context: Pick<ActivityContext, 'stateDir' | 'store'>,
  model: Pick<Artifact, 'uri' | 'digest'>,
): Promise<string> {
  const path = join(context.stateDir, 'models', hexOf(model.digest));
  const running = underWay.get(path);
  if (running !== undefined) return running;
  const work = fetchOnce(context, model, path).finally(() => underWay.delete(path));
  underWay.set(path, work);
  return work;
}

async function fetchOnce(
  context: Pick<ActivityContext, 'stateDir' | 'store'>,
  model: Pick<Artifact, 'uri' | 'digest'>,
  path: string,
): Promise<string> {
  // Whoever uses a copy makes it young, so that nobody takes it for one that is not needed.
  await utimes(path, new Date(), new Date()).catch(() => {});
  if (await exists(path)) return path;
  await mkdir(join(context.stateDir, 'models'), { recursive: true });
  const fresh = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    await context.store.fetch(model, fresh);
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    // Another process was first: its copy is as good.
    if (['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '') && (await exists(path)))
      return path;
    throw error;
  }
  return path;
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}
