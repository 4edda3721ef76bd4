import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileStore } from '@sluice/activities';
import { expect, it, onTestFinished } from 'vitest';
import { cachedArtifact } from './cached-artifact.ts';

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'sluice-cached-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

it('a model is a read-only folder by its digest, made once however many ask at once', async () => {
  const [root, state] = [await folder(), await folder()];
  await mkdir(join(root, 'model/deep'), { recursive: true });
  await writeFile(join(root, 'model/deep/größe.bin'), 'weights');
  const store = fileStore(join(root, 'store'));
  const model = await store.putTree(join(root, 'model'), 'model');
  const paths = await Promise.all(Array.from({ length: 5 }, () => cachedArtifact(store, state, model)));
  expect(new Set(paths).size).toBe(1);
  const [path = ''] = paths;
  expect(await readFile(join(path, 'deep/größe.bin'), 'utf8')).toBe('weights');
  expect((await stat(join(path, 'deep/größe.bin'))).mode & 0o222).toBe(0);
  expect(await readdir(join(state, 'cache/artifacts'))).toEqual([model.digest.slice('sha256:'.length)]);
});

it('what the store does not have leaves nothing behind', async () => {
  const [root, state] = [await folder(), await folder()];
  const hex = 'a'.repeat(64);
  const gone = { kind: 'dataset', uri: `sluice:blob/${hex}`, digest: `sha256:${hex}` } as const;
  await expect(cachedArtifact(fileStore(root), state, gone)).rejects.toMatchObject({ code: 'NotFound' });
  expect(await readdir(join(state, 'cache/data'))).toEqual([]);
});
