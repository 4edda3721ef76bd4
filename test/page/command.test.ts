import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, inject, it, onTestFinished } from 'vitest';
import { copyProject } from '../harness/project.ts';

const main = join(import.meta.dirname, '../../packages/cli/src/main.ts');

async function uiCommand(...args: string[]) {
  const root = await copyProject();
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, 'ui', '--json', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await rm(root, { recursive: true, force: true });
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, first: JSON.parse(line) as { readonly type: string; readonly url?: string; readonly code?: string } };
}

it('prints its address, answers there, and ends on Ctrl-C though a page listens', async () => {
  const { child, first } = await uiCommand('--address', inject('temporal').address);
  expect(first).toMatchObject({ type: 'ui', url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) });
  expect(await (await fetch(`${first.url}/api/project`)).json()).toMatchObject({ project: 'tiny' });
  expect((await fetch(`${first.url}/api/runs?pipeline=nobody`)).status).toBe(200);
  const listening = await fetch(`${first.url}/api/live`);
  expect(listening.headers.get('content-type')).toContain('text/event-stream');
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  expect(await ended).toEqual([0, null]);
});

it('starts where no server is, and tells so on its pages', async () => {
  const { first } = await uiCommand('--address', '127.0.0.1:1');
  const answer = await fetch(`${first.url}/api/runs`);
  expect(answer.status).toBe(502);
  expect(await answer.json()).toMatchObject({ code: 'Unreachable', where: '127.0.0.1:1' });
});

it('a port that is taken is refused by name', async () => {
  const [, port = ''] = inject('temporal').address.split(':');
  const { child, first } = await uiCommand('--port', port);
  expect(first).toMatchObject({ type: 'error', code: 'PortInUse' });
  if (child.exitCode === null) await once(child, 'exit');
  expect(child.exitCode).toBe(2);
});
