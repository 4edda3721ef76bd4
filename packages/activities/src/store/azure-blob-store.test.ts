import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobServiceClient, BlockBlobClient } from '@azure/storage-blob';
import type { Artifact } from '@sluice/sdk';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { claimLine } from '../job/checkpoints/checkpoint-line.ts';
import { claimOf, digests } from '../job/testing/line.ts';
import { azureBlobStore } from './azure-blob-store.ts';
import { openStore } from './open-store.ts';
import { type Azurite, startAzurite } from './testing/azurite.ts';

let folder: string;
let azurite: Azurite;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-azure-'));
  azurite = await startAzurite();
}, 30_000);

afterAll(async () => {
  await azurite.stop();
  await rm(folder, { recursive: true, force: true });
});

const open = (container: string, prefix?: string) =>
  azureBlobStore({
    connectionString: azurite.connectionString,
    container,
    ...(prefix === undefined ? {} : { prefix }),
  });
const blobsOf = (container: string) =>
  BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient(container);

describe('an Azure Blob store', () => {
  it('sends a big file in blocks and gives it back byte for byte', async () => {
    const bytes = randomBytes(21 * 1024 * 1024 + 17);
    await writeFile(join(folder, 'big'), bytes);
    const store = open('big');
    const artifact = await store.putFile(join(folder, 'big'), 'dataset');
    expect(artifact.digest).toBe(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
    const blob = blobsOf('big').getBlockBlobClient(`blobs/${artifact.digest.slice(7)}`);
    expect((await blob.getBlockList('committed')).committedBlocks).toHaveLength(3);
    await store.fetch(artifact, join(folder, 'back'));
    expect((await readFile(join(folder, 'back'))).equals(bytes)).toBe(true);
    expect(await store.verify(artifact, 'digests')).toBeNull();
  });

  it('does not send bytes again that are there, and mends a blob that was cut short', async () => {
    const store = open('again');
    await writeFile(join(folder, 'once'), 'once only');
    const artifact = await store.putFile(join(folder, 'once'), 'report');
    const blob = blobsOf('again').getBlockBlobClient(`blobs/${artifact.digest.slice(7)}`);
    const { createdOn } = await blob.getProperties();
    await store.putFile(join(folder, 'once'), 'report');
    expect((await blob.getProperties()).createdOn).toEqual(createdOn);
    expect((await blob.getProperties()).metadata).toHaveProperty('touched');
    await blob.upload('once', 4);
    await expect(store.fetch(artifact, join(folder, 'cut'))).rejects.toMatchObject({ code: 'Corrupt' });
    await store.putFile(join(folder, 'once'), 'report');
    expect(await store.getText(artifact)).toBe('once only');
  });

  it('gives everybody who puts one big file at the same time the same artifact, whole', async () => {
    await writeFile(join(folder, 'contended'), randomBytes(17 * 1024 * 1024));
    const puts = [1, 2, 3, 4].map(() => open('writers').putFile(join(folder, 'contended'), 'checkpoint'));
    const artifacts = await Promise.all(puts);
    expect(new Set(artifacts.map(({ digest }) => digest)).size).toBe(1);
    expect(await open('writers').verify(artifacts[0] as Artifact, 'digests')).toBeNull();
  });

  it('is mended by storing again where bytes of the same size were written over it', async () => {
    const store = open('overwritten');
    await mkdir(join(folder, 'state'));
    await writeFile(join(folder, 'state', 'weights'), randomBytes(9 * 1024 * 1024));
    await writeFile(join(folder, 'state', 'step'), '1200');
    const tree = await store.putTree(join(folder, 'state'), 'checkpoint');
    for await (const { name, properties } of blobsOf('overwritten').listBlobsFlat({ prefix: 'trees/' })) {
      if (name.endsWith('/manifest.json')) continue;
      const size = properties.contentLength ?? 0;
      await blobsOf('overwritten').getBlockBlobClient(name).upload(Buffer.alloc(size, 1), size);
    }
    expect(await store.verify(tree, 'sizes')).toBeNull();
    expect(await store.putTree(join(folder, 'state'), 'checkpoint')).toEqual(tree);
    expect(await store.verify(tree, 'digests')).toBeNull();
  });

  it('sends bytes again that were found damaged, even where their blob still says what they should be', async () => {
    const store = open('rotten');
    await writeFile(join(folder, 'fresh'), 'fresh bytes');
    const artifact = await store.putFile(join(folder, 'fresh'), 'report');
    const blob = blobsOf('rotten').getBlockBlobClient(`blobs/${artifact.digest.slice(7)}`);
    const { metadata = {} } = await blob.getProperties();
    for (const find of [
      () => store.getText(artifact),
      () => store.fetch(artifact, join(folder, 'rotten-copy')),
      async () => expect(await store.verify(artifact, 'digests')).toBeNull(),
    ]) {
      await blob.upload('wrong bytes', 11, { metadata });
      await expect(find()).rejects.toThrow();
      await store.putFile(join(folder, 'fresh'), 'report');
      expect(await store.getText(artifact)).toBe('fresh bytes');
    }
  });

  it('downloads nothing of a checkpoint that is committed', async () => {
    const store = open('committed');
    await mkdir(join(folder, 'checkpoint'));
    await writeFile(join(folder, 'checkpoint', 'weights'), randomBytes(9 * 1024 * 1024));
    await writeFile(join(folder, 'checkpoint', 'step'), '10');
    const downloads = vi.spyOn(BlockBlobClient.prototype, 'downloadToBuffer');
    onTestFinished(() => downloads.mockRestore());
    const line = await claimLine(store, 'line', { claim: claimOf(1), digests, resume: 'same', keep: 2 });
    const { files } = await line.commit(10, join(folder, 'checkpoint'));
    const read = downloads.mock.contexts.map((blob) => (blob as BlockBlobClient).name);
    expect(read.filter((name) => name.includes('/files/'))).toEqual([]);
    expect(await store.verify(files, 'digests')).toBeNull();
  });

  it('has nothing of a tree whose upload ended before its manifest', async () => {
    const store = open('half');
    await mkdir(join(folder, 'tree'));
    await writeFile(join(folder, 'tree', 'a'), 'a');
    const tree = await store.putTree(join(folder, 'tree'), 'checkpoint');
    await blobsOf('half').deleteBlob(`trees/${tree.digest.slice(7)}/manifest.json`);
    await expect(store.fetch(tree, join(folder, 'none'))).rejects.toMatchObject({ code: 'NotFound' });
    expect(await store.putTree(join(folder, 'tree'), 'checkpoint')).toEqual(tree);
    await blobsOf('half').deleteBlob(
      `trees/${tree.digest.slice(7)}/files/${createHash('sha256').update('a').digest('hex')}`,
    );
    expect(await store.verify(tree, 'sizes')).toContain('a: ');
    await expect(store.fetch(tree, join(folder, 'none'))).rejects.toMatchObject({ code: 'NotFound' });
    expect(await readdir(folder)).not.toContain('none');
  });

  it('keeps projects apart that share a container under two prefixes', async () => {
    const [one, two] = [open('shared', 'one'), open('shared', '/two/')];
    await one.swapPointer('line', null, '1');
    expect(await two.readPointer('line')).toBeNull();
    const artifact = await one.putText('x', 'report');
    await expect(two.getText(artifact)).rejects.toMatchObject({ code: 'NotFound' });
    expect(
      await blobsOf('shared')
        .getBlockBlobClient(`one/blobs/${artifact.digest.slice(7)}`)
        .exists(),
    ).toBe(true);
  });

  it('lets stores that open a new container at once all succeed', async () => {
    const stores = [1, 2, 3, 4].map(() => open('contended'));
    const puts = await Promise.all(stores.map((store) => store.putText('x', 'report')));
    expect(new Set(puts.map(({ uri }) => uri)).size).toBe(1);
  });

  it('says Unreachable, and that trying again may help, when nothing listens', async () => {
    const port = await freePort();
    const connectionString = azurite.connectionString.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${port}`);
    const store = azureBlobStore({ connectionString, container: 'x' });
    await expect(store.readPointer('line')).rejects.toMatchObject({ code: 'Unreachable', permanent: false });
  }, 30_000);

  it('says Refused for a wrong key', async () => {
    const connectionString = azurite.connectionString.replace(/AccountKey=[^;]+/, `AccountKey=${btoa('wrong')}`);
    const store = azureBlobStore({ connectionString, container: 'x' });
    await expect(store.readPointer('line')).rejects.toMatchObject({ code: 'Refused', permanent: true });
  });
});

describe('openStore', () => {
  it('opens .sluice/store below the project by default, and a file store relative to the project', () => {
    const artifact = { uri: `sluice:blob/${'0'.repeat(64)}` };
    expect(openStore(undefined, folder).locate(artifact)).toBe(join(folder, '.sluice/store/blobs', '0'.repeat(64)));
    expect(openStore({ kind: 'file', root: 'elsewhere' }, folder).locate(artifact)).toBe(
      join(folder, 'elsewhere/blobs', '0'.repeat(64)),
    );
  });

  it('opens a container by the connection string that an environment variable holds', async () => {
    process.env.SLUICE_TEST_BLOB = azurite.connectionString;
    const config = { kind: 'azure-blob', connectionStringEnv: 'SLUICE_TEST_BLOB', container: 'env' } as const;
    const artifact = await openStore(config, folder).putText('x', 'report');
    expect(await openStore(config, folder).getText(artifact)).toBe('x');
    delete process.env.SLUICE_TEST_BLOB;
    expect(() => openStore(config, folder)).toThrow(expect.objectContaining({ code: 'InvalidConfig' }));
  });

  it('refuses a container without an account', () => {
    expect(() => openStore({ kind: 'azure-blob', container: 'x' }, folder)).toThrow(
      expect.objectContaining({ code: 'InvalidConfig' }),
    );
  });
});

/** A port on which nothing listens. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
