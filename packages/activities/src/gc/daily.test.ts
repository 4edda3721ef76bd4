import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { pruneDaily } from './daily.ts';

it('removes old downloads and logs of a machine, and leaves copies of models to who knows what is served', async () => {
  const stateDir = await mkdtemp(join(tmpdir(), 'sluice-daily-'));
  onTestFinished(() => rm(stateDir, { recursive: true, force: true }));
  const paths = [
    `models/${'a'.repeat(64)}`,
    `models/${'b'.repeat(64)}.1-x`,
    'logs/p%2F1/train.1.log',
    'cache/data/x.parquet',
  ];
  for (const path of paths) {
    await mkdir(join(stateDir, path, '..'), { recursive: true });
    await writeFile(join(stateDir, path), 'x');
    await utimes(join(stateDir, path), 1, 1);
  }
  const stop = pruneDaily(stateDir);
  onTestFinished(stop);
  await expect.poll(() => readdir(join(stateDir, 'cache', 'data')), { timeout: 20_000 }).toEqual([]);
  await expect.poll(() => readdir(join(stateDir, 'logs', 'p%2F1')), { timeout: 20_000 }).toEqual([]);
  expect(await readdir(join(stateDir, 'models'))).toEqual(['a'.repeat(64)]);
});
