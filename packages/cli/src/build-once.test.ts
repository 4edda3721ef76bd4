import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildOnce } from './build-once.ts';

let home: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'sluice-build-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(home, { recursive: true, force: true });
});

const fill = async (directory: string) => writeFile(join(directory, 'whole'), 'yes');

/** Another process that builds the same thing: it writes half, says so, and never ends. */
async function stuckBuilder(): Promise<ChildProcess> {
  const script = `import { buildOnce } from ${JSON.stringify(new URL('./build-once.ts', import.meta.url).href)};
    import { writeFile } from 'node:fs/promises';
    await buildOnce(${JSON.stringify(home)}, async (d) => {
      await writeFile(d + '/half', ''); console.log('building'); await new Promise((r) => setTimeout(r, 1e9));
    });`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  return child;
}

test('what was built once is found again without building', async () => {
  const first = await buildOnce(home, fill);
  const second = await buildOnce(home, () => Promise.reject(new Error('built twice')));
  expect(second).toBe(first);
  expect(await readFile(join(second, 'whole'), 'utf8')).toBe('yes');
});

test('ten builders at once agree on one result and leave nothing else behind', async () => {
  const results = await Promise.all(Array.from({ length: 10 }, () => buildOnce(home, fill)));
  expect(new Set(results).size).toBe(1);
  expect((await readdir(home)).sort()).toEqual([results[0]?.slice(home.length + 1), 'current'].sort());
});

test('a builder waits for a live one and takes over when that is killed half way', async () => {
  const other = await stuckBuilder();
  let waiting = () => {};
  const waited = new Promise<void>((resolve) => {
    waiting = resolve;
  });
  const mine = buildOnce(home, fill, { onWait: () => waiting() });
  await waited;
  other.kill('SIGKILL');
  const directory = await mine;
  expect(await readdir(directory)).toEqual(['whole']);
  await expect.poll(() => readdir(home).then((names) => names.length)).toBe(2);
});

test('a failed build is thrown, leaves nothing, and the next one works', async () => {
  await expect(buildOnce(home, () => Promise.reject(new Error('disk full')))).rejects.toThrow('disk full');
  expect(await readdir(home)).toEqual([]);
  expect(await readdir(await buildOnce(home, fill))).toEqual(['whole']);
});

test('a result that no longer works is built anew', async () => {
  const usable = (directory: string) => readdir(directory).then((names) => names.includes('whole'));
  const broken = await buildOnce(home, fill, { usable });
  await rm(join(broken, 'whole'));
  const mended = await buildOnce(home, fill, { usable });
  expect(mended).not.toBe(broken);
  expect(await readdir(mended)).toEqual(['whole']);
});
