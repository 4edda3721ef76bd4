import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Dataset, ErrorCode, type Model } from '@sluice/sdk';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ArtifactStore } from '../../store/artifact-store.ts';
import { fileStore } from '../../store/file-store.ts';
import { cleanCache, fetchInputs } from './inputs.ts';

let root: string;
let store: ArtifactStore;
let fetches: number;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-inputs-'));
  const files = fileStore(join(root, 'store'));
  fetches = 0;
  store = {
    ...files,
    fetch: async (artifact, path) => {
      fetches += 1;
      await files.fetch(artifact, path);
    },
  };
});
afterEach(() => rm(root, { recursive: true }));

const context = () => ({ stateDir: join(root, 'state'), store });

async function dataset(text: string): Promise<Dataset> {
  await writeFile(join(root, 'd'), text);
  return { ...(await store.putFile(join(root, 'd'), 'dataset')), rows: 1 } as Dataset;
}

async function model(text: string): Promise<Model> {
  const folder = join(root, `m-${text}`);
  await mkdir(folder);
  await writeFile(join(folder, 'w'), text);
  return (await store.putTree(folder, 'model')) as Model;
}

test('datasets come from a cache that attempts share, models are the attempt’s own', async () => {
  const spec = { data: { flights: await dataset('rows') }, models: [await model('a'), await model('b')] };
  const first = await fetchInputs(context(), spec, join(root, 'w1'));
  const second = await fetchInputs(context(), spec, join(root, 'w2'));
  expect(await readFile(first.data.flights ?? '', 'utf8')).toBe('rows');
  expect(second.data).toEqual(first.data);
  expect(await readFile(join(second.models[1] ?? '', 'w'), 'utf8')).toBe('b');
  expect(second.models[0]).toBe(join(root, 'w2', 'models', '0'));
  expect(fetches).toBe(5);
});

test('nothing is fetched when there is nothing to fetch', async () => {
  expect(await fetchInputs(context(), { data: {}, models: [] }, join(root, 'w'))).toEqual({ data: {}, models: [] });
  await expect(stat(join(root, 'state'))).rejects.toThrow();
});

test('many attempts at once need one fetch, and leave nothing half-done', async () => {
  const spec = { data: { flights: await dataset('x'.repeat(100_000)) }, models: [] };
  const all = await Promise.all(Array.from({ length: 10 }, () => fetchInputs(context(), spec, join(root, 'w'))));
  expect(fetches).toBe(1);
  expect(await readdir(join(root, 'state', 'cache', 'data'))).toHaveLength(1);
  expect(new Set(all.map(({ data }) => data.flights)).size).toBe(1);
});

test('a cached file that has lost bytes is fetched again', async () => {
  const spec = { data: { flights: await dataset('rows') }, models: [] };
  const { data } = await fetchInputs(context(), spec, join(root, 'w'));
  await rm(data.flights ?? '');
  await writeFile(data.flights ?? '', 'rows');
  await truncate(data.flights ?? '', 2);
  await fetchInputs(context(), spec, join(root, 'w'));
  expect(await readFile(data.flights ?? '', 'utf8')).toBe('rows');
});

test('what was not used for a month is cleaned away', async () => {
  const old = await fetchInputs(context(), { data: { d: await dataset('old') }, models: [] }, join(root, 'w'));
  const used = await fetchInputs(context(), { data: { d: await dataset('used') }, models: [] }, join(root, 'w'));
  const longAgo = new Date(Date.now() - 40 * 24 * 3600_000);
  for (const path of [old.data.d, used.data.d]) await utimes(path ?? '', longAgo, longAgo);
  await fetchInputs(context(), { data: { d: await dataset('used') }, models: [] }, join(root, 'w'));
  await cleanCache(context());
  expect(await readdir(join(root, 'state', 'cache', 'data'))).toEqual([basename(used.data.d ?? '')]);
});

test('an input that is not in the store is named', async () => {
  const gone = { uri: `sluice:blob/${'0'.repeat(64)}`, digest: `sha256:${'0'.repeat(64)}`, bytes: 3 } as Dataset;
  await expect(fetchInputs(context(), { data: { gone }, models: [] }, join(root, 'w'))).rejects.toMatchObject({
    code: ErrorCode.NotFound,
  });
});
