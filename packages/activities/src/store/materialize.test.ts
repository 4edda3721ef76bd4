import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { materializeTree } from './materialize.ts';

it('a folder that is given up while its files come is given up at once, and nothing of it is left', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-materialize-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const stop = new AbortController();
  const reason = new Error('enough');
  const files = ['a/1', 'a/2', 'b/3', 'b/4', 'c/5', 'c/6'].map((path) => ({ path, bytes: 1, sha256: path }));
  const begun: string[] = [];
  const copy = async (sha256: string, to: string) => {
    begun.push(sha256);
    await writeFile(to, 'x');
    if (begun.length < 4) return { sha256, bytes: 1 };
    stop.abort(reason);
    return new Promise<never>(() => {});
  };
  const fetched = materializeTree({ uri: 'sluice:tree/0' }, { files }, join(folder, 'out'), copy, stop.signal);
  await expect(fetched).rejects.toBe(reason);
  expect(await readdir(folder)).toEqual([]);
  expect(begun).not.toContain('c/6');
});
