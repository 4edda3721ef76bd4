import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type DevFile, devFilePath, readDevFile, removeDevFile, writeDevFile } from './dev-file.ts';
import { claimDevLock } from './dev-lock.ts';
import { processStart } from './process-info.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-dev-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const file = (pid: number, started: string): DevFile => ({
  pid,
  started,
  temporal: null,
  mlflow: null,
  gateway: null,
  scheduledEventsUrl: null,
  workers: [],
});
const ours = () => file(process.pid, processStart(process.pid) ?? '');

test('the file of a running stack is found', async () => {
  await writeDevFile(root, ours());
  expect(await readDevFile(root)).toEqual(ours());
  await removeDevFile(root);
  expect(await readDevFile(root)).toBeNull();
});

test.each([
  ['a process that is gone', JSON.stringify(file(999_999_999, '1'))],
  ['a process whose number another one has now', JSON.stringify(file(process.pid, '1'))],
  ['half a write', '{"pid": 1'],
  ['another version', '{"pid": 1, "started": 2}'],
  ['nothing', ''],
])('a file that was left by %s counts as none', async (_, text) => {
  await mkdir(join(root, '.sluice'), { recursive: true });
  await writeFile(devFilePath(root), text);
  expect(await readDevFile(root)).toBeNull();
});

const lockFolder = () => join(root, '.sluice', 'dev', 'lock');

async function leftLock(name: string, text: string): Promise<void> {
  await mkdir(lockFolder(), { recursive: true });
  await writeFile(join(lockFolder(), name), text);
}

test('a second stack is refused, and told where the first one is', async () => {
  const release = await claimDevLock(root);
  await expect(claimDevLock(root)).rejects.toMatchObject({ code: 'AlreadyRunning', data: { pid: process.pid } });
  await release();
  await (await claimDevLock(root))();
});

test.each([
  ['a process that is gone', '999999999 1'],
  ['a process whose number another one has now', `${process.pid} 1`],
  ['a stack that gave it back', 'free'],
  ['half a write', ''],
])('a lock that was left by %s is taken over', async (_, text) => {
  await leftLock('7', text);
  await claimDevLock(root);
  expect(await readdir(lockFolder())).toEqual(['8']);
});

test('of many that claim at once, one gets it', async () => {
  for (let round = 0; round < 20; round++) {
    await rm(lockFolder(), { recursive: true, force: true });
    await leftLock('1', '999999999 1');
    const claims = await Promise.allSettled(Array.from({ length: 8 }, () => claimDevLock(root)));
    expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  }
});
