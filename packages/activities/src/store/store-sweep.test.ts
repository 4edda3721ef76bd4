import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { azureBlobStore } from './azure-blob-store.ts';
import { fileStore } from './file-store.ts';
import type { SweepableStore } from './store-sweep.ts';
import { type Azurite, startAzurite } from './testing/azurite.ts';

let folder: string;
let azurite: Azurite;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-sweep-'));
  azurite = await startAzurite();
}, 30_000);

afterAll(async () => {
  await azurite.stop();
  await rm(folder, { recursive: true, force: true });
});

const stores: Record<string, () => SweepableStore> = {
  'a file store': () => fileStore(join(folder, 'store')),
  'an Azure Blob store': () => azureBlobStore({ connectionString: azurite.connectionString, container: 'sweep' }),
};

async function folderWith(name: string): Promise<string> {
  const root = join(folder, `in-${name}`);
  await mkdir(root, { recursive: true });
  await writeFile(join(root, 'weights'), `weights of ${name}`);
  await writeFile(join(root, 'state'), `state of ${name}`);
  return root;
}

describe.each(Object.entries(stores))('%s', (_, make) => {
  it('never loses a tree that is put while it is swept, nor the name of its holder', async () => {
    const store = make();
    const names = Array.from({ length: 24 }, (_, index) => `tree-${index}`);
    const trees = await Promise.all(
      names.map(async (name) => store.putTree(await folderWith(name), 'checkpoint', 'old')),
    );
    await delay(1100); // the service tells times by the second
    const before = Date.now();
    await delay(1100);
    await Promise.all(
      names.flatMap((name, index) => [
        delay(index % 6).then(() => store.sweep(trees[index] as (typeof trees)[0], before)),
        delay((index * 7) % 40).then(async () => store.putTree(await folderWith(name), 'checkpoint', 'new')),
      ]),
    );
    for (const tree of trees) {
      expect(await store.verify(tree, 'digests')).toBeNull();
      await store.putTree(await folderWith(names[trees.indexOf(tree)] ?? ''), 'checkpoint', 'other');
      await store.discard([tree], [], 'other');
      expect(await store.verify(tree, 'digests')).toBeNull(); // "new" still holds it
    }
  });

  it('lets one pointer go only in the version that was looked at', async () => {
    const store = make();
    const first = await store.swapPointer('line/a', null, 'one');
    await store.swapPointer('line/a', first, 'two');
    expect(await store.removePointer({ key: 'line/a', version: first ?? '' })).toBe(false);
    const now = await store.readPointer('line/a');
    expect(now?.value).toBe('two');
    expect(await store.removePointer({ key: 'line/a', version: now?.version ?? '' })).toBe(true);
    expect(await store.readPointer('line/a')).toBeNull();
    expect(await store.swapPointer('line/a', null, 'again')).not.toBeNull();
  });
});
