import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CodeWatch } from './code-watch.ts';

let root: string;
let changes: number;
let watch: CodeWatch;
const file = (name: string) => join(root, name);
const told = (count: number) => vi.waitFor(() => expect(changes).toBeGreaterThanOrEqual(count), 30_000);

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-watch-'));
  changes = 0;
  watch = new CodeWatch(() => changes++);
  await writeFile(file('a.ts'), 'one');
});
afterEach(async () => {
  watch.close();
  await rm(root, { recursive: true, force: true });
});

test('tells of a file that is written, and of one that another is moved over, as editors do', async () => {
  await watch.watch([file('a.ts')], false);
  await writeFile(file('a.ts'), 'two');
  await told(1);
  await writeFile(file('draft'), 'three');
  await rename(file('draft'), file('a.ts'));
  await told(2);
});

test('tells of a folder that is put in the place of another', async () => {
  await watch.watch([file('a.ts')], false);
  const former = `${root}-former`;
  await rename(root, former);
  await told(1);
  await rename(former, root);
  await told(2);
  await writeFile(file('a.ts'), 'two');
  await told(3);
});

test('tells of a file that is new only while one may be missing', async () => {
  await watch.watch([file('a.ts')], true);
  await writeFile(file('b.ts'), 'new');
  await told(1);
});
