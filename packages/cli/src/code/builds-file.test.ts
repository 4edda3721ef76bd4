import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BuildsFile, buildsFolder } from './builds-file.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-builds-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function bundle(text: string): Promise<string> {
  const path = join(root, 'bundle.cjs');
  await writeFile(path, text);
  return path;
}

test('a build outlives its bundle, and is there at the next start', async () => {
  const builds = await BuildsFile.open(root);
  const one = await builds.adopt(await bundle('one'), 1);
  const two = await builds.adopt(await bundle('two'), 2);
  const later = await BuildsFile.open(root);
  expect(later.current).toEqual(two);
  expect(later.builds).toEqual([
    { id: one.id, at: 1 },
    { id: two.id, at: 2 },
  ]);
  expect(await readFile(later.build(one.id).path, 'utf8')).toBe('one');
});

test('the same code is the same build, whenever it is saved', async () => {
  const builds = await BuildsFile.open(root);
  const first = await builds.adopt(await bundle('one'), 1);
  await builds.adopt(await bundle('two'), 2);
  expect(await builds.adopt(await bundle('one'), 3)).toEqual(first);
  expect(builds.builds.map(({ at }) => at)).toEqual([2, 3]);
});

test('what is forgotten is gone from the disk, and what is gone from the disk is forgotten', async () => {
  const builds = await BuildsFile.open(root);
  const [one, two, three] = [
    await builds.adopt(await bundle('one'), 1),
    await builds.adopt(await bundle('two'), 2),
    await builds.adopt(await bundle('three'), 3),
  ];
  await builds.forget([one.id]);
  expect(existsSync(one.path)).toBe(false);
  await rm(three.path);
  const later = await BuildsFile.open(root);
  expect(later.builds.map(({ id }) => id)).toEqual([two.id]);
  expect(later.current).toBeNull();
});

test.each(['{"current": "ab', '{"current": "../x", "builds": [{"id": "../x", "at": 1}]}', '[]'])(
  'a file that says %s knows of no builds',
  async (text) => {
    const builds = await BuildsFile.open(root);
    await builds.adopt(await bundle('one'), 1);
    await writeFile(join(buildsFolder(root), 'builds.json'), text);
    const later = await BuildsFile.open(root);
    expect([later.current, later.builds]).toEqual([null, []]);
  },
);

test('code that is taken up while others are let go of is kept, and never let go of itself', async () => {
  const builds = await BuildsFile.open(root);
  const one = await builds.adopt(await bundle('one'), 1);
  const two = await builds.adopt(await bundle('two'), 2);
  await Promise.all([builds.adopt(await bundle('one'), 3), builds.touch([two.id], 9), builds.forget([one.id, two.id])]);
  expect(builds.builds).toEqual([{ id: one.id, at: 3 }]);
  const later = await BuildsFile.open(root);
  expect([later.current, existsSync(one.path), existsSync(two.path)]).toEqual([one, true, false]);
});

test('what a killed process left half done is deleted at the next start', async () => {
  const builds = await BuildsFile.open(root);
  await builds.tidy(); // there is no folder yet
  const one = await builds.adopt(await bundle('one'), 1);
  await writeFile(join(buildsFolder(root), '0123456789.cjs'), 'forgotten, and not deleted any more');
  await writeFile(`${one.path}.1a2b3c4d`, 'half');
  await (await BuildsFile.open(root)).tidy();
  expect((await readdir(buildsFolder(root))).sort()).toEqual(['builds.json', `${one.id}.cjs`].sort());
});
