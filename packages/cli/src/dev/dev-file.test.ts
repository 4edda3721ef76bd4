import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { inNamespace } from '../../../gateway/src/testing/namespaces.ts';
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

const lockPath = () => join(root, '.sluice', 'dev', 'stack.lock');

test('a second stack is refused, and told where the first one is', async () => {
  const lock = await claimDevLock(root);
  await expect(claimDevLock(root)).rejects.toMatchObject({ code: 'AlreadyRunning', data: { pid: process.pid } });
  lock.release();
  (await claimDevLock(root)).release();
});

const claim = `
  const { claimDevLock } = await import(${JSON.stringify(new URL('./dev-lock.ts', import.meta.url).href)});
  await claimDevLock(process.argv[1]).then(() => console.log('claimed'), ({ message }) => console.log(message));
  process.stdin.resume();`;

function claimIn(command: readonly [string, ...string[]]): { child: ChildProcess; said: Promise<string> } {
  const [program, ...args] = command;
  const child = spawn(program, [...args, '--input-type=module', '-e', claim, root], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return { child, said: once(child.stdout, 'data').then(([data]) => String(data).trim()) };
}

test('a stack in another container is refused too, where the first one is no process at all', async () => {
  const lock = await claimDevLock(root);
  const { child, said } = claimIn(inNamespace('pid', [process.execPath]));
  expect(await said).toBe('sluice dev runs in this project already, in another container.');
  child.stdin?.end();
  await once(child, 'exit');
  lock.release();
});

test('nothing is left of the lock of a stack that was killed', async () => {
  const { child, said } = claimIn([process.execPath]);
  expect(await said).toBe('claimed');
  await expect(claimDevLock(root)).rejects.toMatchObject({ data: { pid: child.pid } });
  child.kill('SIGKILL');
  await once(child, 'exit');
  (await claimDevLock(root)).release();
});

test.each([['999999999 pid:[1]'], [`${process.pid}`], ['']])(
  'a lock file that says "%s" locks nobody out',
  async (text) => {
    await mkdir(join(root, '.sluice', 'dev'), { recursive: true });
    await writeFile(lockPath(), text);
    (await claimDevLock(root)).release();
  },
);

test('of many processes that claim at once, one gets it', async () => {
  const claims = Array.from({ length: 6 }, () => claimIn([process.execPath]));
  const said = await Promise.all(claims.map((claim) => claim.said));
  for (const { child } of claims) child.stdin?.end();
  await Promise.all(claims.map(({ child }) => once(child, 'exit')));
  expect(said.filter((one) => one === 'claimed')).toHaveLength(1);
});
