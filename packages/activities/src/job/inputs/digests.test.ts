import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, type Dataset, type Model, python } from '@sluice/sdk';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { codeDigest, dataDigest, hyperDigest } from './digests.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-digests-'));
  await put('trainers/train.py', 'print(1)');
  await put('trainers/lib/model.py', 'x = 1');
});
afterEach(() => rm(root, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

async function put(path: string, text: string): Promise<void> {
  await mkdir(join(root, path, '..'), { recursive: true });
  await writeFile(join(root, path), text);
}
const code = (command: Command = python('trainers/train.py')) => codeDigest(root, command);

test('the code digest follows the bytes and the paths of the code', async () => {
  const first = await code();
  expect(first).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(await code()).toBe(first);
  await put('trainers/lib/model.py', 'x = 2');
  const changed = await code();
  expect(changed).not.toBe(first);
  await put('trainers/lib/model.py', 'x = 1');
  expect(await code()).toBe(first);
  await put('trainers/another.py', '');
  expect(await code()).not.toBe(first);
});

test('a change that keeps size and time is seen', async () => {
  const long = new Date(Date.now() - 3_600_000);
  const path = join(root, 'trainers/train.py');
  await utimes(path, long, long);
  vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_600_000); // so long ago that its digest is remembered
  const first = await code();
  expect(await code()).toBe(first);
  await writeFile(path, 'print(2)');
  await utimes(path, long, long);
  expect(await code()).not.toBe(first);
});

test('the words of the command are code too', async () => {
  expect(await code(python('trainers/train.py', ['--fast']))).not.toBe(await code());
});

test('what others installed or made is not the project’s code', async () => {
  const atRoot = python('train.py');
  await put('train.py', '');
  const first = await code(atRoot);
  for (const folder of [
    '.venv/lib',
    'node_modules/x',
    '.sluice/work',
    'env/lib/site-packages/numpy',
    'trainers/__pycache__',
  ]) {
    await put(`${folder}/a.py`, 'x');
  }
  expect(await code(atRoot)).toBe(first);
});

test('the same project elsewhere has the same digest', async () => {
  const first = await code();
  const former = root;
  root = await mkdtemp(join(tmpdir(), 'sluice-digests-'));
  await put('trainers/train.py', 'print(1)');
  await put('trainers/lib/model.py', 'x = 1');
  expect(await code()).toBe(first);
  await rm(former, { recursive: true });
});

test('hyper-parameters have one digest, whatever the order they are written in', () => {
  expect(hyperDigest({ a: 1, b: { d: 1, c: [2, 3] } }, 0)).toBe(
    hyperDigest({ b: { c: [2, 3], d: 1 }, a: 1, e: undefined }, 0),
  );
  expect(hyperDigest({ a: 1 }, 0)).not.toBe(hyperDigest({ a: 1 }, 1));
  expect(hyperDigest({ a: [1, 2] }, 0)).not.toBe(hyperDigest({ a: [2, 1] }, 0));
});

test('the data digest follows names, datasets and the order of models', () => {
  const dataset = (letter: string) => ({ digest: `sha256:${letter}` }) as Dataset;
  const model = (letter: string) => ({ digest: `sha256:${letter}` }) as Model;
  const first = dataDigest({ data: { x: dataset('a'), y: dataset('b') }, models: [] });
  expect(dataDigest({ data: { y: dataset('b'), x: dataset('a') }, models: [] })).toBe(first);
  expect(dataDigest({ data: { x: dataset('b'), y: dataset('a') }, models: [] })).not.toBe(first);
  expect(dataDigest({ data: {}, models: [model('a'), model('b')] })).not.toBe(
    dataDigest({ data: {}, models: [model('b'), model('a')] }),
  );
});
