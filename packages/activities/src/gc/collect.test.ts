import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import type { Artifact } from '@sluice/sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { claimLine, lineKey } from '../job/checkpoints/checkpoint-line.ts';
import { claimOf, digests } from '../job/testing/line.ts';
import { azureBlobStore } from '../store/azure-blob-store.ts';
import { fileStore } from '../store/file-store.ts';
import type { SweepableStore } from '../store/store-sweep.ts';
import { type Azurite, startAzurite } from '../store/testing/azurite.ts';
import { type CollectOptions, collectGarbage } from './collect.ts';
import type { KindTally } from './tally.ts';
import { knownRuns } from './testing/known-runs.ts';
import { collecting } from './testing/options.ts';

let folder: string;
let azurite: Azurite;
let made = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-gc-'));
  azurite = await startAzurite();
}, 30_000);

afterAll(async () => {
  await azurite.stop();
  await rm(folder, { recursive: true, force: true });
});

const dayMs = 24 * 3600_000;
const stores: Record<string, () => SweepableStore> = {
  'a file store': () => fileStore(join(folder, `store-${made++}`)),
  'an Azure Blob store': () =>
    azureBlobStore({ connectionString: azurite.connectionString, container: `gc${made++}`, prefix: 'p' }),
};

async function folderWith(files: Readonly<Record<string, string>>): Promise<string> {
  const root = join(folder, `in-${made++}`);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

/** Commits a checkpoint of a run's job. */
async function checkpointOf(store: SweepableStore, workflowId: string): Promise<Artifact> {
  const key = lineKey({ workflowId, step: 'train' });
  const line = await claimLine(store, key, { claim: claimOf(1), digests, resume: 'same', keep: 1 });
  const manifest = await line.commit(10, await folderWith({ weights: `weights of ${workflowId}` }));
  return manifest.files;
}

const of = (kinds: readonly KindTally[], kind: string) => kinds.find((one) => one.kind === kind);

describe.each(Object.entries(stores))('collecting garbage in %s', (_, make) => {
  let store: SweepableStore;
  let stateDir: string;
  const collect = (over: Partial<CollectOptions> = {}) => collectGarbage(collecting(store, stateDir, over));
  const isThere = async (artifact: Artifact) => (await store.verify(artifact, 'digests')) === null;

  beforeEach(async () => {
    store = make();
    stateDir = join(folder, `state-${made++}`);
  });

  it('keeps what pointers, runs, the registry, the gateway and kept local results name, and nothing else', async () => {
    const put = async (text: string) => store.putTree(await folderWith({ text }), 'model');
    const [pointed, run, closed, registered, served, local, nobody] = (await Promise.all(
      ['pointed', 'run', 'closed', 'registered', 'served', 'local', 'nobody'].map(put),
    )) as [Artifact, Artifact, Artifact, Artifact, Artifact, Artifact, Artifact];
    await store.swapPointer('endpoints/e', null, JSON.stringify({ stable: { digest: pointed.digest } }));
    await mkdir(join(stateDir, 'gateway'), { recursive: true });
    await mkdir(join(stateDir, 'local'), { recursive: true });
    await writeFile(
      join(stateDir, 'gateway', 'state.json'),
      JSON.stringify({ modelPath: `/m/${served.digest.slice(7)}` }),
    );
    await writeFile(join(stateDir, 'local', 'kept.json'), JSON.stringify(local));
    const version = { name: 'm', version: '1', source: `sluice:/tree/${registered.digest.slice(7)}` };
    const kinds = await collect({
      runs: knownRuns([{ history: run.uri }, { status: 'ended', closedAt: 1, history: closed.digest }]),
      mlflow: { searchModelVersions: async () => [version as never] },
    });
    for (const artifact of [pointed, run, closed, registered, served, local])
      expect(await isThere(artifact)).toBe(true);
    expect(await store.verify(nobody, 'sizes')).toContain('not there');
    expect(of(kinds, 'model artifacts')).toMatchObject({
      kept: { count: 6 },
      garbage: { count: 1 },
      deleted: { count: 1, bytes: 6 },
    });
  });

  it('keeps what a list names that is named itself, however many lists deep, and what a young list names', async () => {
    const model = await store.putTree(await folderWith({ a: 'model' }), 'model');
    const inner = await store.putText(JSON.stringify([model]), 'report');
    const outer = await store.putText(JSON.stringify({ lists: [inner] }), 'report');
    const weights = await store.putText(`weights, not JSON: ${model.digest}`, 'files');
    const lonely = await store.putTree(await folderWith({ a: 'lonely' }), 'model');
    await store.putText(JSON.stringify([lonely]), 'report');
    await collect({ runs: knownRuns([{ history: `${outer.digest} ${weights.digest}` }]) });
    for (const artifact of [model, inner, outer, weights]) expect(await isThere(artifact)).toBe(true);
    expect(await isThere(lonely)).toBe(false);
  });

  it('touches nothing that was put within the grace, though it was stored long before', async () => {
    const artifact = await store.putText('old and put again', 'report');
    expect(of(await collect({ now: Date.now() + 6 * dayMs }), 'report artifacts')).toMatchObject({
      young: { count: 1 },
    });
    expect(await isThere(artifact)).toBe(true);
    await collect();
    expect(await isThere(artifact)).toBe(false);
  });

  it('says what would go and deletes nothing, unless it is told to', async () => {
    const artifact = await store.putText('x'.repeat(100), 'dataset');
    const kinds = await collect({ delete: false });
    expect(of(kinds, 'dataset artifacts')).toMatchObject({ garbage: { count: 1, bytes: 100 }, deleted: { count: 0 } });
    expect(await isThere(artifact)).toBe(true);
  });

  it('lets go of the checkpoints of runs that have completed, and keeps those that may be resumed', async () => {
    const ids = ['p/open', 'p/failed', 'p/done', 'p/just-done', 'p/forgotten'] as const;
    const [open, failed, done, justDone, forgotten] = (await Promise.all(ids.map((id) => checkpointOf(store, id)))) as [
      Artifact,
      Artifact,
      Artifact,
      Artifact,
      Artifact,
    ];
    const now = Date.now() + 365 * dayMs;
    const runs = knownRuns([
      { workflowId: 'p/open' },
      { workflowId: 'p/failed', status: 'ended', closedAt: 1 },
      { workflowId: 'p/done', status: 'completed', closedAt: now - 8 * dayMs },
      { workflowId: 'p/just-done', status: 'completed', closedAt: now - 6 * dayMs },
    ]);
    const kinds = await collect({ runs, now });
    for (const artifact of [open, failed, justDone]) expect(await isThere(artifact)).toBe(true);
    for (const artifact of [done, forgotten]) expect(await isThere(artifact)).toBe(false);
    expect(await store.readPointer(lineKey({ workflowId: 'p/done', step: 'train' }))).toBeNull();
    expect(await store.readPointer(lineKey({ workflowId: 'p/failed', step: 'train' }))).not.toBeNull();
    expect(of(kinds, 'checkpoint lines')).toMatchObject({ kept: { count: 3 }, deleted: { count: 2 } });
    expect(of(kinds, 'checkpoint artifacts')).toMatchObject({ kept: { count: 3 }, deleted: { count: 2 } });
  });

  it('forgets which notifications were sent once Temporal has forgotten their run', async () => {
    for (const run of ['p/0', 'p/forgotten']) {
      await store.swapPointer(`notified/${run}`, null, JSON.stringify({ event: 'done', run }));
    }
    const kinds = await collect();
    expect(await store.readPointer('notified/p/0')).not.toBeNull();
    expect(await store.readPointer('notified/p/forgotten')).toBeNull();
    expect(of(kinds, 'notification marks')).toMatchObject({ kept: { count: 1 }, deleted: { count: 1 } });
  });

  it('collects a checkpoint whose worker was killed between upload and commit', async () => {
    const leaked = await store.putTree(
      await folderWith({ weights: 'leaked' }),
      'checkpoint',
      'checkpoints/p/train#owner-1',
    );
    const kept = await checkpointOf(store, 'p/0');
    await collect();
    expect(await isThere(leaked)).toBe(false);
    expect(await isThere(kept)).toBe(true);
    // Nobody holds it any more, so the next one who puts it is the only holder.
    await store.putTree(await folderWith({ weights: 'leaked' }), 'checkpoint', 'another');
    await store.discard([leaked], [], 'another');
    expect(await isThere(leaked)).toBe(false);
  });

  it('refuses to take an empty server for one that knows which runs need what', async () => {
    const artifact = await store.putText('x', 'report');
    await expect(collect({ runs: knownRuns([]) })).rejects.toMatchObject({ code: 'Refused' });
    expect(await isThere(artifact)).toBe(true);
  });

  it('refuses to take an empty registry for the one of a store that has an endpoint', async () => {
    const artifact = await store.putText('x', 'report');
    const mlflow = { searchModelVersions: async () => [] };
    await store.swapPointer('endpoint/shop', null, '{}');
    await expect(collect({ mlflow })).rejects.toMatchObject({ code: 'Refused', where: 'endpoint/shop' });
    expect(await isThere(artifact)).toBe(true);
  });

  it('refuses to go by the runs of another namespace than the one it first went by', async () => {
    await collect({ namespace: 'production' });
    const artifact = await store.putText('x', 'report');
    await expect(collect({ namespace: 'staging' })).rejects.toMatchObject({ code: 'Refused' });
    expect(await isThere(artifact)).toBe(true);
    await collect({ namespace: 'production' });
    expect(await isThere(artifact)).toBe(false);
  });

  it('deletes nothing when a history, or the registry, cannot be read', async () => {
    const artifact = await store.putText('x', 'report');
    const away = async () => {
      throw new Error('away');
    };
    await expect(collect({ runs: { ...knownRuns([{}]), mark: away } })).rejects.toThrow('away');
    await expect(collect({ mlflow: { searchModelVersions: away } })).rejects.toThrow('away');
    expect(await isThere(artifact)).toBe(true);
  });

  it('keeps a line that is written to while garbage is collected, and all it names', async () => {
    const first = await checkpointOf(store, 'p/done');
    const key = lineKey({ workflowId: 'p/done', step: 'train' });
    const runs = knownRuns([{}]);
    const swapping = {
      ...runs,
      async mark(...args: Parameters<typeof runs.mark>) {
        const now = await store.readPointer(key);
        await store.swapPointer(key, now?.version ?? null, now?.value ?? '');
        await runs.mark(...args);
      },
    };
    await collect({ runs: swapping });
    expect(await store.readPointer(key)).not.toBeNull();
    expect(await isThere(first)).toBe(true);
  });
});

describe('collecting garbage on a machine', () => {
  const collect = (stateDir: string, over: Partial<CollectOptions> = {}) =>
    collectGarbage(collecting(fileStore(join(stateDir, 'store')), stateDir, { now: Date.now(), ...over }));

  it('removes copies that nothing serves or reads, unfinished downloads and old logs, by their ages', async () => {
    const hex = (letter: string) => letter.repeat(64);
    const stateDir = await folderWith({
      [`models/${hex('a')}/weights`]: 'served',
      [`models/${hex('b')}/weights`]: 'not served',
      [`models/${hex('c')}/weights`]: 'used today',
      [`models/${hex('d')}.77-beef/weights`]: 'half',
      [`cache/data/${hex('e')}.parquet`]: 'rows',
      [`cache/data/${hex('f')}.parquet.uuid`]: 'ro',
      [`cache/artifacts/${hex('a')}/weights`]: 'looked at in a notebook',
      'local/kept.json': '{}',
      'logs/p%2F1/train.1.log': 'old',
      'logs/p%2F2/train.1.log': 'new',
    });
    const old = Date.now() / 1000 - 40 * 24 * 3600;
    for (const path of await readdir(stateDir, { recursive: true })) {
      if (!path.includes(hex('c')) && !path.includes('p%2F2')) await utimes(join(stateDir, path), old, old);
    }
    await collect(stateDir, { delete: false, runs: knownRuns([{ history: hex('a') }]) });
    expect(
      (await readdir(stateDir, { recursive: true })).filter((path) => /weights|\.log|parquet/.test(path)),
    ).toHaveLength(9);
    await collect(stateDir, { runs: knownRuns([{ history: hex('a') }]) });
    expect((await readdir(join(stateDir, 'models'))).sort()).toEqual([hex('a'), hex('c')]);
    expect(await readdir(join(stateDir, 'cache', 'data'))).toEqual([]);
    expect(await readdir(join(stateDir, 'cache', 'artifacts'))).toEqual([]);
    expect(await readdir(join(stateDir, 'local'))).toEqual([]);
    expect(await readdir(join(stateDir, 'logs', 'p%2F1'))).toEqual([]);
    expect(await readFile(join(stateDir, 'logs', 'p%2F2', 'train.1.log'), 'utf8')).toBe('new');
  });

  it('keeps payloads of runs that Temporal has, what they name, and others for their age', async () => {
    const stateDir = join(folder, `state-${made++}`);
    const store = fileStore(join(stateDir, 'store'));
    const named = await store.putText('named by a payload', 'report');
    const payload = async (workflow: string, text: string, days: number) => {
      const path = join(stateDir, 'store', 'payloads', 'default', workflow, 'x');
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
      await utimes(path, Date.now() / 1000 - days * 86_400, Date.now() / 1000 - days * 86_400);
      return path;
    };
    const known = await payload('p_1~x', `{"a":"${named.uri}"}`, 0);
    const young = await payload('forgotten', '{}', 29);
    const old = await payload('long-forgotten', '{}', 31);
    const kinds = await collect(stateDir, { grace: -dayMs });
    expect(await readFile(known, 'utf8')).toContain(named.uri);
    expect(await readFile(young, 'utf8')).toBe('{}');
    await expect(readFile(old)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await store.getText(named)).toBe('named by a payload');
    expect(of(kinds, 'payloads')).toMatchObject({ young: { count: 2 }, deleted: { count: 1 } });
  });
});

it('keeps what an encrypted payload names, where it can be opened, and deletes nothing where it cannot', async () => {
  const root = join(folder, `store-${made++}`);
  const store = fileStore(root);
  const named = await store.putText('named in secret', 'report');
  const turn = async (bytes: Uint8Array) => bytes.map((byte) => byte ^ 255);
  await mkdir(join(root, 'payloads', 'default', 'run'), { recursive: true });
  await writeFile(join(root, 'payloads', 'default', 'run', 'x'), await turn(Buffer.from(named.uri)));
  await writeFile(join(root, 'payloads', 'default', 'run', 'owner.json'), '{"workflow":"p/0"}');
  const noKey = () => Promise.reject(new Error('no such key'));
  const collect = (openPayload: (bytes: Uint8Array) => Promise<Uint8Array>) =>
    collectGarbage(collecting(store, join(root, '.sluice'), { openPayload }));
  await expect(collect(noKey)).rejects.toThrow('no such key');
  await collect(turn);
  expect(await store.getText(named)).toBe('named in secret');
});

it('forgets the name of a holder who died before it had put anything', async () => {
  const root = join(folder, `store-${made++}`);
  const holders = join(root, 'holders', `tree-${'7'.repeat(64)}`);
  await mkdir(holders, { recursive: true });
  await writeFile(join(holders, 'me'), '');
  const kinds = await collectGarbage(collecting(fileStore(root), join(root, '.sluice')));
  expect(of(kinds, 'other artifacts')).toMatchObject({ deleted: { count: 1, bytes: 0 } });
  expect(await readdir(join(root, 'holders'))).toEqual([]);

  const store = azureBlobStore({ connectionString: azurite.connectionString, container: `gc${made++}` });
  const artifact = await store.putText('x', 'report');
  const blobs = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(`gc${made - 1}`);
  await blobs.deleteBlob(`blobs/${artifact.digest.slice(7)}`);
  const cloud = await collectGarbage(collecting(store, join(root, '.sluice')));
  expect(of(cloud, 'report artifacts')).toMatchObject({ deleted: { count: 1, bytes: 0 } });
  for await (const { name } of blobs.listBlobsFlat({ prefix: 'holders/' })) expect(name).toBe('none');
});
