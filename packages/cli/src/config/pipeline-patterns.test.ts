import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findPipelineFiles } from './pipeline-patterns.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-patterns-'));
  await mkdir(join(root, 'pipelines/deep'), { recursive: true });
  for (const name of ['b.ts', 'a.ts', 'a.test.ts', 'a.d.ts', 'notes.md', 'deep/c.mts', '[x].ts']) {
    await writeFile(join(root, 'pipelines', name), '');
  }
});
afterAll(() => rm(root, { recursive: true, force: true }));

const files = (...named: string[]) => findPipelineFiles(root, named).files;

test('a pattern finds pipeline files by name, and neither tests nor declarations', () => {
  expect(files('pipelines/*.ts')).toEqual(['pipelines/[x].ts', 'pipelines/a.ts', 'pipelines/b.ts']);
  expect(files('./pipelines/**/*')).toEqual([
    'pipelines/[x].ts',
    'pipelines/a.ts',
    'pipelines/b.ts',
    'pipelines/deep/c.mts',
  ]);
});

test('a file is there once, and named beats found', () => {
  expect(findPipelineFiles(root, ['pipelines/*.ts', 'pipelines/b.ts'])).toMatchObject({
    files: ['pipelines/[x].ts', 'pipelines/a.ts', 'pipelines/b.ts'],
    matched: ['pipelines/[x].ts', 'pipelines/a.ts'],
  });
});

test('a file whose name looks like a pattern is that file', () => {
  expect(files('pipelines/[x].ts')).toEqual(['pipelines/[x].ts']);
});

test('what leads nowhere is told by its place', () => {
  expect(findPipelineFiles(root, ['pipelines/a.ts', 'no.ts', 'none/*.ts']).problems).toEqual([
    'pipelines.1: there is no file no.ts',
    'pipelines.2: no file is like none/*.ts',
  ]);
});
