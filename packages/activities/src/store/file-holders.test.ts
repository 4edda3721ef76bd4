import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FileHolders, fileHolders } from './file-holders.ts';

let root: string;
let holders: FileHolders;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-holders-'));
  holders = fileHolders(root, async () => {});
});
afterEach(() => rm(root, { recursive: true, force: true }));

test('holders that come while those before them are forgotten do not fail it, and are told until they go', async () => {
  for (let round = 0; round < 500; round += 1) {
    const names = ['a', 'b', 'c'].map((name) => `${name}${round}`);
    await Promise.all([...names.map((name) => holders.add('tree-1', name, 'model')), holders.clear('tree-1')]);
    await holders.add('tree-1', 'last', 'model');
    expect(await holders.has('tree-1', 'last')).toBe(true);
    await holders.clear('tree-1');
    expect(await holders.any('tree-1')).toBe(false);
  }
});
