import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ArtifactStore } from './artifact-store.ts';
import { azureBlobStore } from './azure-blob-store.ts';
import { fileStore } from './file-store.ts';
import { type Azurite, startAzurite } from './testing/azurite.ts';

let folder: string;
let azurite: Azurite;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-store-'));
  azurite = await startAzurite();
}, 30_000);

afterAll(async () => {
  await azurite.stop();
  await rm(folder, { recursive: true, force: true });
});

let made = 0;
const stores: Record<string, () => ArtifactStore> = {
  'a file store': () => fileStore(join(folder, `store-${made++}`)),
  'an Azure Blob store': () =>
    azureBlobStore({ connectionString: azurite.connectionString, container: `c${made++}`, prefix: 'a/b' }),
};

/** Writes files below a fresh folder and returns it. */
async function folderWith(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const root = join(folder, `in-${made++}`);
  await mkdir(root);
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), bytes);
  }
  return root;
}

/** Every file below a folder, by relative path. */
async function contentsOf(root: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) found[path.slice(root.length + 1)] = (await readFile(path)).toString('base64');
  }
  return found;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
const fresh = () => join(folder, `out-${made++}`);

describe.each(Object.entries(stores))('%s', (_, make) => {
  it('gives back the text it was given', async () => {
    const store = make();
    const artifact = await store.putText('Grüße, 世界\n', 'report');
    expect(artifact).toMatchObject({ kind: 'report', bytes: 16, uri: `sluice:blob/${artifact.digest.slice(7)}` });
    expect(await store.getText(artifact)).toBe('Grüße, 世界\n');
    expect(await store.verify(artifact, 'digests')).toBeNull();
  });

  it('names equal bytes by one digest, the SHA-256 of the file', async () => {
    const store = make();
    const root = await folderWith({ a: 'abc', b: 'abc' });
    const first = await store.putFile(join(root, 'a'), 'dataset');
    const second = await store.putFile(join(root, 'b'), 'dataset');
    expect(second).toEqual(first);
    // FIPS 180-4, example B.1
    expect(first.digest).toBe('sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it('keeps an empty file and an empty text', async () => {
    const store = make();
    const root = await folderWith({ empty: '' });
    const artifact = await store.putFile(join(root, 'empty'), 'files');
    expect(artifact.bytes).toBe(0);
    expect(await store.getText(artifact)).toBe('');
    const path = fresh();
    await store.fetch(artifact, path);
    expect(await readFile(path, 'utf8')).toBe('');
  });

  it('gives back a directory with every path and byte, however deep and whatever the names', async () => {
    const store = make();
    const files = {
      'model.bin': Buffer.alloc(3_000_000, 7),
      'a/b/c/d/e.txt': 'deep',
      'a/b/twin.txt': 'deep',
      'Ünïcode 世界 😀.json': '{}',
      'with %20 and ? and # and &': 'x',
      '.hidden/.file': '',
      'ends with dots..': 'y',
    };
    const artifact = await store.putTree(await folderWith(files), 'model');
    const path = fresh();
    await store.fetch(artifact, path);
    const expected = Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]);
    expect(await contentsOf(path)).toEqual(Object.fromEntries(expected));
    expect(artifact.bytes).toBe(3_000_012);
    expect(await store.verify(artifact, 'sizes')).toBeNull();
    expect(await store.verify(artifact, 'digests')).toBeNull();
  });

  it('gives directories the same digest when paths and bytes are the same, and another one otherwise', async () => {
    const store = make();
    const digestOf = async (files: Record<string, string>) =>
      (await store.putTree(await folderWith(files), 'files')).digest;
    const one = await digestOf({ 'a/x': '1', b: '2' });
    expect(await digestOf({ b: '2', 'a/x': '1' })).toBe(one);
    expect(await digestOf({ 'a/y': '1', b: '2' })).not.toBe(one);
    expect(await digestOf({ 'a/x': '2', b: '2' })).not.toBe(one);
  });

  it('fetches files that their owner may write to without changing what is stored', async () => {
    const store = make();
    const artifact = await store.putTree(await folderWith({ 'w.txt': 'first' }), 'model');
    const path = fresh();
    await store.fetch(artifact, path);
    await writeFile(join(path, 'w.txt'), 'changed');
    expect(await store.verify(artifact, 'digests')).toBeNull();
  });

  it('refuses to fetch over something that is there', async () => {
    const store = make();
    const artifact = await store.putText('x', 'report');
    const path = await folderWith({});
    await expect(store.fetch(artifact, path)).rejects.toMatchObject({ code: 'InvalidStep', where: path });
    const tree = await store.putTree(await folderWith({ a: 'b' }), 'files');
    await expect(store.fetch(tree, path)).rejects.toMatchObject({ code: 'InvalidStep' });
    expect(await readdir(path)).toEqual([]);
  });

  it('says NotFound for what it never had, and leaves nothing at the path', async () => {
    const store = make();
    const hex = '0'.repeat(64);
    for (const shape of ['blob', 'tree']) {
      const artifact = { uri: `sluice:${shape}/${hex}`, digest: `sha256:${hex}` } as const;
      const root = await folderWith({});
      await expect(store.fetch(artifact, join(root, 'x'))).rejects.toMatchObject({ code: 'NotFound' });
      await expect(store.getText(artifact)).rejects.toMatchObject({ code: 'NotFound' });
      expect(await store.verify(artifact, 'sizes')).toContain('not there');
      expect(await store.verify(artifact, 'digests')).toContain('not there');
      expect(await readdir(root)).toEqual([]);
    }
  });

  it('refuses a reference whose uri and digest differ, and a uri that is none', async () => {
    const store = make();
    const artifact = await store.putText('x', 'report');
    const other = { uri: artifact.uri, digest: `sha256:${'1'.repeat(64)}` } as const;
    await expect(store.getText(other)).rejects.toMatchObject({ code: 'Corrupt' });
    const odd = { uri: 'sluice:blob/../../etc/passwd', digest: artifact.digest };
    await expect(store.fetch(odd, fresh())).rejects.toMatchObject({ code: 'InvalidStep' });
  });

  it('refuses links, empty directories and files that are not there', async () => {
    const store = make();
    const linked = await folderWith({ a: '1' });
    await symlink(join(linked, 'a'), join(linked, 'link'));
    await expect(store.putTree(linked, 'files')).rejects.toMatchObject({
      code: 'InvalidStep',
      where: join(linked, 'link'),
    });
    await expect(store.putTree(await folderWith({}), 'files')).rejects.toMatchObject({ code: 'InvalidStep' });
    const hollow = await folderWith({ a: '1' });
    await mkdir(join(hollow, 'nothing'));
    await expect(store.putTree(hollow, 'files')).rejects.toMatchObject({
      code: 'InvalidStep',
      where: join(hollow, 'nothing'),
    });
    await expect(store.putTree(fresh(), 'files')).rejects.toMatchObject({ code: 'NotFound' });
    await expect(store.putFile(fresh(), 'files')).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('keeps an artifact until its last holder lets go, and what is listed to keep', async () => {
    const store = make();
    const root = await folderWith({ 'state.bin': 'same bytes' });
    const tree = await store.putTree(root, 'checkpoint', 'line EWR');
    await store.putTree(root, 'checkpoint', 'line JFK');
    await store.putTree(root, 'checkpoint', 'line JFK');
    await store.discard([tree], [], 'line EWR');
    await store.discard([tree], [], 'line EWR');
    expect(await store.verify(tree, 'digests')).toBeNull();
    await store.discard([tree], [tree], 'line JFK');
    expect(await store.verify(tree, 'digests')).toBeNull();
    await store.discard([tree], [], 'line JFK');
    expect(await store.verify(tree, 'sizes')).toContain('not there');
    await store.discard([tree], []);
    expect(await store.putTree(root, 'checkpoint', 'line JFK')).toEqual(tree);
    expect(await store.verify(tree, 'digests')).toBeNull();
  });

  it('discards blobs, and leaves trees that hold the same bytes whole', async () => {
    const store = make();
    const root = await folderWith({ a: 'shared' });
    const blob = await store.putFile(join(root, 'a'), 'report');
    const tree = await store.putTree(root, 'files');
    await store.discard([blob], []);
    await expect(store.getText(blob)).rejects.toMatchObject({ code: 'NotFound' });
    expect(await store.verify(tree, 'digests')).toBeNull();
  });

  it('never loses an artifact that is put while another holder lets go of it', async () => {
    const store = make();
    const root = await folderWith({ a: 'contended', b: 'more' });
    for (let round = 0; round < 15; round++) {
      const tree = await store.putTree(root, 'checkpoint', 'old');
      await Promise.all([
        store.discard([tree], [], 'old'),
        store.putTree(root, 'checkpoint', 'new'),
        store.putTree(root, 'checkpoint', 'newer'),
      ]);
      expect(await store.verify(tree, 'digests')).toBeNull();
      await store.discard([tree], [], 'new');
      await store.discard([tree], [], 'newer');
      expect(await store.verify(tree, 'sizes')).not.toBeNull();
    }
  });

  it('changes a pointer only for the one who knows its version', async () => {
    const store = make();
    expect(await store.readPointer('job/a')).toBeNull();
    const first = await store.swapPointer('job/a', null, 'one');
    expect(await store.readPointer('job/a')).toEqual({ value: 'one', version: first });
    expect(await store.swapPointer('job/a', null, 'other')).toBeNull();
    const second = await store.swapPointer('job/a', first, 'two');
    expect(second).not.toBeNull();
    expect(await store.swapPointer('job/a', first, 'late')).toBeNull();
    expect(await store.readPointer('job/a')).toEqual({ value: 'two', version: second });
    expect(await store.swapPointer('never written', 'something', 'x')).toBeNull();
  });

  it('lets one of many win each version of a pointer', async () => {
    const store = make();
    const increment = async (): Promise<number> => {
      const now = await store.readPointer('counter');
      const won = await store.swapPointer('counter', now?.version ?? null, String(Number(now?.value ?? 0) + 1));
      return won === null ? 0 : 1;
    };
    let wins = 0;
    for (let round = 0; round < 10; round++) {
      for (const won of await Promise.all([1, 2, 3, 4].map(increment))) wins += won;
    }
    expect(wins).toBeGreaterThanOrEqual(10);
    expect((await store.readPointer('counter'))?.value).toBe(String(wins));
  });

  it('tells pointers of any keys apart', async () => {
    const store = make();
    const odd = [
      '',
      '.',
      '..',
      'a/b',
      'a_b',
      'A/B',
      'a\\b',
      'ä',
      'Ä',
      'x'.repeat(300),
      `${'x'.repeat(300)}y`,
      'a\nb',
      '😀',
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.oneof(fc.constantFrom(...odd), fc.string({ unit: 'grapheme' })), { maxLength: 6 }),
        async (keys) => {
          for (const key of keys) {
            const before = await store.readPointer(key);
            expect(before === null || before.value === key).toBe(true);
            expect(await store.swapPointer(key, before?.version ?? null, key)).not.toBeNull();
          }
          for (const key of keys) expect((await store.readPointer(key))?.value).toBe(key);
        },
      ),
      { numRuns: 12, examples: [[odd]] },
    );
  });

  it('holds a big value in a pointer', async () => {
    const store = make();
    const value = JSON.stringify({ text: base64('é'.repeat(500_000)) });
    await store.swapPointer('big', null, value);
    expect((await store.readPointer('big'))?.value).toBe(value);
  });

  it('lists what is in an artifact without fetching it, and says NotFound where it is not', async () => {
    const store = make();
    const tree = await store.putTree(await folderWith({ 'b/Größe.txt': '12345', 'a.txt': '' }), 'files');
    expect((await store.files(tree)).map(({ path, bytes }) => [path, bytes])).toEqual([
      ['a.txt', 0],
      ['b/Größe.txt', 5],
    ]);
    const blob = await store.putText('abc', 'report');
    expect(await store.files(blob)).toEqual([{ path: '', bytes: 3 }]);
    for (const shape of ['tree', 'blob']) {
      const missing = store.files({ uri: `sluice:${shape}/${'0'.repeat(64)}` });
      await expect(missing).rejects.toMatchObject({ code: 'NotFound' });
    }
  });

  it('says where a person finds an artifact', async () => {
    const store = make();
    const artifact = await store.putText('x', 'report');
    expect(store.locate(artifact)).toContain(`blobs/${artifact.digest.slice(7)}`);
  });

  it('stores a file that may only be read', async () => {
    const store = make();
    const root = await folderWith({ a: 'r' });
    await chmod(join(root, 'a'), 0o400);
    const tree = await store.putTree(root, 'files');
    const path = fresh();
    await store.fetch(tree, path);
    await writeFile(join(path, 'a'), 'w');
  });
});
