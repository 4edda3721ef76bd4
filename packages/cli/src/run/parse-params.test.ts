import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseParamFlags, parseValue } from './parse-params.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-params-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function file(text: string): Promise<string> {
  const path = join(folder, 'params.json');
  await writeFile(path, text);
  return path;
}

test.each([
  ['3', 3],
  ['true', true],
  ['null', null],
  ['["EWR","JFK"]', ['EWR', 'JFK']],
  ['{"a":1}', { a: 1 }],
  ['"3"', '3'],
  ['EWR', 'EWR'],
  ['2013-10-01', '2013-10-01'],
  ['', ''],
  ['Zürich 北京', 'Zürich 北京'],
  ['a=b', 'a=b'],
])('reads the value %s as JSON where it is JSON, as text where it is not', (text, value) => {
  expect(parseValue(text)).toEqual(value);
});

test('refuses what was meant as JSON and is not', () => {
  expect(() => parseValue('[EWR,JFK]')).toThrow(/neither JSON nor plain text/);
});

test('reaches into objects by dots', async () => {
  expect(await parseParamFlags(['model.depth=3', 'model.kind=tree', 'name=x'])).toEqual({
    model: { depth: 3, kind: 'tree' },
    name: 'x',
  });
});

test('puts flags over files, and merges objects', async () => {
  const path = await file('{"epochs": 5, "model": {"depth": 1, "kind": "tree"}}');
  expect(await parseParamFlags(['model.depth=3'], [path])).toEqual({ epochs: 5, model: { depth: 3, kind: 'tree' } });
});

test('keeps an equals sign in a value', async () => {
  expect(await parseParamFlags(['where=a=b'])).toEqual({ where: 'a=b' });
});

test.each(['epochs', '=5', 'a..b=1', '__proto__.x=1'])('refuses --param %s', async (pair) => {
  await expect(parseParamFlags([pair])).rejects.toMatchObject({ code: 'Usage' });
  expect(({} as { x?: unknown }).x).toBeUndefined();
});

test('refuses to reach into a plain value', async () => {
  await expect(parseParamFlags(['a=1', 'a.b=2'])).rejects.toThrow(/reaches into a/);
});

test.each(['[1]', '3', '{', ''])('refuses a parameter file that holds %s', async (text) => {
  await expect(parseParamFlags([], [await file(text)])).rejects.toMatchObject({ code: 'Usage' });
});

test('reads a file that begins with a byte order mark', async () => {
  expect(await parseParamFlags([], [await file('\uFEFF{"a":1}')])).toEqual({ a: 1 });
});
