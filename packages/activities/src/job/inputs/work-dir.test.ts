import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeWorkDir, removeWorkDir, type WorkDir } from './work-dir.ts';

let stateDir: string;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'sluice-work-'));
});
afterEach(() => rm(stateDir, { recursive: true, force: true }));

const list = (name: string) => readdir(join(stateDir, name)).catch(() => []);

/** An attempt that leaves these files, and the directory it had. */
async function attempt(id: string, files: readonly (keyof WorkDir | `output/${string}`)[] = []): Promise<WorkDir> {
  const work = makeWorkDir(stateDir, id);
  expect(await readdir(work.root)).toEqual(['checkpoints', 'output']);
  expect(await readdir(work.output)).toEqual([]);
  await writeFile(work.step, id);
  await writeFile(work.events, '');
  for (const file of files) await writeFile(join(work.root, file), 'x');
  await removeWorkDir(work, Promise.resolve());
  expect(existsSync(work.root)).toBe(false);
  return work;
}

test('a directory with nothing left in it is kept for the next attempt', async () => {
  await attempt('a');
  expect(await list('spare')).toEqual(['a']);
  const work = makeWorkDir(stateDir, 'b');
  expect(await list('spare')).toEqual([]);
  expect(existsSync(work.events)).toBe(false);
  await attempt('c'); // b is under way
  expect(await list('spare')).toEqual(['c']);
});

test.each(['output/model.bin', 'notes'] as const)('one with %s in it is removed', async (file) => {
  await attempt('a', [file as `output/${string}`]);
  expect(await list('spare')).toEqual([]);
  expect(await list('work')).toEqual([]);
});

test('one that somebody wrote to, or removed, after its attempt is not used', async () => {
  await attempt('a');
  await writeFile(join(stateDir, 'spare', 'a', 'output', 'late'), 'x');
  await attempt('b');
  await rm(join(stateDir, 'spare'), { recursive: true });
  await attempt('c');
  expect(await list('spare')).toEqual(['c']);
});

test("what unfinished work of an attempt writes later is in nobody's way", async () => {
  const work = makeWorkDir(stateDir, 'a');
  await writeFile(work.step, '');
  await writeFile(work.events, '');
  const { promise, resolve } = Promise.withResolvers<void>();
  await removeWorkDir(work, promise);
  const next = makeWorkDir(stateDir, 'b');
  await expect(writeFile(join(work.output, 'late'), 'x')).rejects.toMatchObject({ code: 'ENOENT' });
  resolve();
  expect(await readdir(next.output)).toEqual([]);
});
