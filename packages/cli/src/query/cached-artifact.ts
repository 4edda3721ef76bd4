import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { type ArtifactStore, hexOf } from '@sluice/activities';
import type { Artifact } from '@sluice/sdk';

/**
 * A local copy of an artifact below `.sluice/cache`, read-only, shared by all who ask on this machine: its path is made
 * of its digest, so what is there is whole and stays what it is. `sluice gc` removes what nobody has used for a week.
 *
 * @throws SluiceError `NotFound`, `Corrupt`, `StorageFull`
 */
export async function cachedArtifact(
  store: Pick<ArtifactStore, 'fetch'>,
  stateDir: string,
  artifact: Pick<Artifact, 'kind' | 'uri' | 'digest'>,
): Promise<string> {
  const folder = join(stateDir, 'cache', artifact.kind === 'dataset' ? 'data' : 'artifacts');
  const path = join(folder, `${hexOf(artifact.digest)}${artifact.kind === 'dataset' ? '.parquet' : ''}`);
  if (await used(path)) return path;
  await mkdir(folder, { recursive: true });
  const fresh = `${path}.${randomUUID()}`;
  try {
    await store.fetch(artifact, fresh);
    await readOnly(fresh);
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    // Somebody else fetched the same directory meanwhile.
    if (await used(path)) return path;
    throw error;
  }
  return path;
}

/** Is it there? What is used is touched, for whoever removes what is not. */
async function used(path: string): Promise<boolean> {
  const there = await stat(path).then(
    () => true,
    () => false,
  );
  if (there) await utimes(path, new Date(), new Date()).catch(() => {});
  return there;
}

/** Files only: a folder without the right to write cannot be removed by its owner. */
async function readOnly(path: string): Promise<void> {
  if (!(await stat(path)).isDirectory()) return chmod(path, 0o444);
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) await chmod(join(entry.parentPath, entry.name), 0o444);
  }
}
