import { randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { newestChange, sizeBelow } from '../store/file-scratch.ts';
import { type References, referencesIn } from './references.ts';
import type { Tally } from './tally.ts';

/** How long what nobody uses stays below `.sluice` of this machine, ms. */
export interface LocalAges {
  /** Local copies of models that nothing serves, of datasets that no job has read, and of what a notebook has. @default 7 days */
  readonly copies: number;
  /** Downloads that were never finished. @default 1 day */
  readonly partial: number;
  /** What jobs have printed, and results that `sluice step` has kept. @default 30 days */
  readonly logs: number;
}

const dayMs = 24 * 3600_000;
export const defaultLocalAges: LocalAges = { copies: 7 * dayMs, partial: dayMs, logs: 30 * dayMs };

interface Found {
  readonly kind: 'model copies' | 'dataset copies' | 'notebook copies' | 'partial downloads' | 'local results' | 'logs';
  readonly path: string;
}

/**
 * Adds what this machine's own state names: results kept for `sluice step`, versions that the gateway runs.
 *
 * @param folders below `.sluice`
 */
export async function markLocal(stateDir: string, folders: readonly string[], into: References): Promise<void> {
  for (const folder of folders) {
    for (const name of await readdir(join(stateDir, folder), { recursive: true }).catch(() => [])) {
      if (name.endsWith('.json'))
        referencesIn(await readFile(join(stateDir, folder, name), 'latin1').catch(() => ''), into);
    }
  }
}

/**
 * Removes copies, downloads and logs below `.sluice` that nobody has used for a while. All of it can be had again but
 * the logs.
 *
 * @param serves digests of models that may be served from here; null when that is not known: then copies of models stay
 */
export async function pruneLocal(
  stateDir: string,
  options: {
    readonly ages: LocalAges;
    readonly serves: References | null;
    readonly delete: boolean;
    readonly now: number;
  },
  tally: Tally,
): Promise<void> {
  const { ages, serves, now } = options;
  const age = {
    'model copies': ages.copies,
    'dataset copies': ages.copies,
    'notebook copies': ages.copies,
    'partial downloads': ages.partial,
    'local results': ages.logs,
    logs: ages.logs,
  };
  for await (const { kind, path } of everything(stateDir)) {
    const changed = await lastUse(kind, path);
    if (changed === null) continue;
    const bytes = await sizeBelow(path);
    const served = kind === 'model copies' && (serves === null || serves.has(path.slice(-64)));
    if (served) tally.kept(kind, bytes);
    else if (now - changed < age[kind]) tally.young(kind, bytes);
    else {
      tally.garbage(kind, bytes);
      if (options.delete && (await removeUnused(kind, path, changed))) tally.deleted(kind, bytes);
    }
  }
}

async function* everything(stateDir: string): AsyncGenerator<Found> {
  const below = async (...parts: string[]): Promise<string[]> => {
    const folder = join(stateDir, ...parts);
    return (await readdir(folder).catch(() => [])).map((name) => join(folder, name));
  };
  for (const path of await below('models')) {
    yield { kind: /\/[0-9a-f]{64}$/.test(path) ? 'model copies' : 'partial downloads', path };
  }
  for (const path of await below('cache', 'data')) {
    yield { kind: path.endsWith('.parquet') ? 'dataset copies' : 'partial downloads', path };
  }
  for (const path of await below('cache', 'artifacts')) {
    yield { kind: /\/[0-9a-f]{64}$/.test(path) ? 'notebook copies' : 'partial downloads', path };
  }
  for (const path of await below('local')) yield { kind: 'local results', path };
  for (const run of await below('logs'))
    for (const path of await below('logs', run.slice(run.lastIndexOf('/') + 1))) {
      yield { kind: 'logs', path };
    }
}

/** Whoever uses a copy touches it; of an unfinished download, and of a log, the last byte counts. */
async function lastUse(kind: Found['kind'], path: string): Promise<number | null> {
  if (kind === 'partial downloads') return await newestChange(path);
  return await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => null,
  );
}

/** In one step out of the way, and back again when somebody has used it since it was looked at. */
async function removeUnused(kind: Found['kind'], path: string, changed: number): Promise<boolean> {
  const aside = `${path}.${randomUUID()}`; // what is left of it when this process dies is a partial download
  await rename(path, aside).catch(() => {});
  const now = await lastUse(kind, aside);
  if (now === null) return false;
  if (now !== changed) {
    await rename(aside, path).catch(() => {});
    return false;
  }
  await rm(aside, { recursive: true, force: true });
  return true;
}
