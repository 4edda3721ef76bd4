import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Dataset, JobSpec, ModelRef } from '@sluice/sdk';
import type { ActivityContext } from '../../context.ts';
import { type ArtifactStore, hexOf } from '../../store/artifact-store.ts';

export interface LocalInputs {
  /** Absolute path per dataset name. */
  readonly data: Readonly<Record<string, string>>;
  /** Absolute path per model, in their order. */
  readonly models: readonly string[];
}

const AT_ONCE = 4;
const UNUSED_MS = 30 * 24 * 3600_000;

/**
 * Makes a job's inputs local: datasets in a cache that all attempts on this machine share, models in the attempt's
 * own directory. The store verifies every byte.
 */
export async function fetchInputs(
  context: Pick<ActivityContext, 'stateDir' | 'store'>,
  spec: Pick<JobSpec, 'data' | 'models'>,
  workDir: string,
): Promise<LocalInputs> {
  const models = spec.models.map((_, index) => join(workDir, 'models', String(index)));
  if (models.length > 0) await mkdir(join(workDir, 'models'), { recursive: true });
  const names = Object.keys(spec.data);
  const cached = new Map<string, string>();
  const tasks = [
    ...names.map((name) => async () => {
      cached.set(name, await cachedDataset(context, spec.data[name] as Dataset));
    }),
    ...models.map((path, index) => () => context.store.fetch(spec.models[index] as ModelRef, path)),
  ];
  await Promise.all(
    Array.from({ length: Math.min(AT_ONCE, tasks.length) }, async () => {
      for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) await task();
    }),
  );
  return { data: Object.fromEntries(names.map((name) => [name, cached.get(name) as string])), models };
}

/** Fetches under way, by path: two attempts of one process need only one. */
const underWay = new Map<string, Promise<void>>();

async function cachedDataset(context: Pick<ActivityContext, 'stateDir' | 'store'>, dataset: Dataset): Promise<string> {
  const folder = cacheFolder(context.stateDir);
  const path = join(folder, `${hexOf(dataset.digest)}.parquet`);
  const size = await stat(path).then(
    (found) => found.size,
    () => null,
  );
  if (size === dataset.bytes) {
    await utimes(path, new Date(), new Date()).catch(() => {}); // for cleanCache
    return path;
  }
  let fetch = underWay.get(path);
  if (fetch === undefined) {
    fetch = fetchInto(context.store, dataset, folder, path).finally(() => underWay.delete(path));
    underWay.set(path, fetch);
  }
  await fetch;
  return path;
}

function cacheFolder(stateDir: string): string {
  return resolve(stateDir, 'cache', 'data');
}

/** Removes what no attempt has used for a month; called when a worker starts. */
export async function cleanCache(context: Pick<ActivityContext, 'stateDir'>): Promise<void> {
  const folder = cacheFolder(context.stateDir);
  const names = await readdir(folder).catch(() => []);
  await Promise.all(
    names.map(async (name) => {
      const found = await stat(join(folder, name)).catch(() => null);
      if (found !== null && Date.now() - found.mtimeMs > UNUSED_MS)
        await rm(join(folder, name), { recursive: true, force: true });
    }),
  );
}

/** Other processes may do the same: each fetches to a name of its own, and the last rename wins. */
async function fetchInto(store: ArtifactStore, dataset: Dataset, folder: string, path: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const fresh = `${path}.${randomUUID()}`;
  try {
    await store.fetch(dataset, fresh);
    await chmod(fresh, 0o444);
    await rename(fresh, path);
  } catch (error) {
    await rm(fresh, { force: true, recursive: true });
    throw error;
  }
}
