import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type GatewayClient, gatewayClient } from './client.ts';
import { isAlive, newStateDir, spec, until } from './testing/gateway.ts';
import { inNamespace } from './testing/namespaces.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));

let stateDir: string;
let processes: ChildProcess[] = [];
beforeEach(async () => {
  stateDir = await newStateDir();
});
afterEach(async () => {
  for (const child of processes) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGCONT');
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  processes = [];
  await rm(stateDir, { recursive: true, force: true });
});

interface Running {
  child: ChildProcess;
  url: string;
  client: GatewayClient;
}

function run(args: string[] = []): ChildProcess {
  const child = spawn(process.execPath, [main, '--state-dir', stateDir, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  processes.push(child);
  return child;
}

async function start(): Promise<Running> {
  const child = run();
  const [line] = (await once(createInterface({ input: child.stdout ?? expect.fail('no output') }), 'line')) as [string];
  const ready = JSON.parse(line) as { url: string; adminUrl: string; tokenFile: string; pid: number };
  expect(ready.pid).toBe(child.pid);
  const token = (await readFile(ready.tokenFile, 'utf8')).trim();
  return { child, url: ready.url, client: gatewayClient(ready.adminUrl, { token }) };
}

async function serve({ client }: Running, id: string, env: Record<string, string> = {}): Promise<void> {
  await client.putEndpoint('digits');
  await client.putVersion('digits', id, spec({ env }));
  await until(async () => (await client.version('digits', id)).state === 'ready', `${id} to be ready`);
}

async function pids({ client }: Running): Promise<number[]> {
  const { versions } = await client.endpoint('digits');
  const { worker } = await client.health();
  return [...versions.map((version) => version.pid), worker.pid].filter((pid) => pid !== null);
}

const allGone = (ids: number[]) => until(() => !ids.some(isAlive), 'every process to be gone');

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} ends the host, its worker and its model servers`, async () => {
    const running = await start();
    await serve(running, 'v1');
    const ids = await pids(running);
    expect(ids).toHaveLength(2);
    running.child.kill(signal);
    expect(await once(running.child, 'exit')).toEqual([0, null]);
    expect(ids.filter(isAlive)).toEqual([]);
  });
}

test('POST /shutdown ends everything', async () => {
  const running = await start();
  await serve(running, 'v1');
  const ids = await pids(running);
  await running.client.shutdown();
  expect(await once(running.child, 'exit')).toEqual([0, null]);
  expect(ids.filter(isAlive)).toEqual([]);
});

test('SIGKILL of the host leaves no process, and the next host goes on with the same versions and weights', async () => {
  const first = await start();
  await serve(first, 'v1', { WITH_CHILD: '1' });
  await serve(first, 'v2');
  const traffic = { weights: { v1: 90, v2: 10 }, mirror: { version: 'v2', percent: 5 } };
  const before = await first.client.setTraffic('digits', traffic);
  const ids = await pids(first);
  const { logTail } = await first.client.version('digits', 'v1');
  const grandchild = Number(/child (\d+)/.exec(logTail.join('\n'))?.[1]);

  first.child.kill('SIGKILL');
  expect(grandchild).toBeGreaterThan(0);
  await allGone([...ids, grandchild]);

  const second = await start();
  const after = await second.client.endpoint('digits');
  expect(after).toMatchObject({ generation: before.generation, ...traffic });
  await until(
    async () => (await second.client.endpoint('digits')).versions.every((version) => version.state === 'ready'),
    'every version to be ready again',
  );
  const answer = await fetch(`${second.url}/digits/invocations`, { method: 'POST', body: '{}' });
  expect(answer.status).toBe(200);
});

test('what even a killed worker could not end is ended by the next host', async () => {
  const first = await start();
  await serve(first, 'v1', { WITH_CHILD: '1' });
  const { logTail } = await first.client.version('digits', 'v1');
  const grandchild = Number(/child (\d+)/.exec(logTail.join('\n'))?.[1]);
  const { worker } = await first.client.health();
  process.kill(worker.pid ?? expect.fail('no worker'), 'SIGSTOP');
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  expect(isAlive(grandchild)).toBe(true);
  await start();
  await allGone([grandchild, worker.pid ?? 0]);
});

test('a second host on the same folder is refused, and the first goes on', async () => {
  const first = await start();
  const second = run();
  const [stderr] = (await once(second.stderr ?? expect.fail('no stderr'), 'data')) as [Buffer];
  expect(await once(second, 'exit')).toEqual([1, null]);
  expect(stderr.toString()).toMatch(/GATEWAY_STATE_LOCKED: Another gateway is running on /);
  expect((await first.client.health()).ok).toBe(true);
});

test("a second host in another network namespace is refused, and the first one's worker lives", async () => {
  const first = await start();
  const { worker } = await first.client.health();
  const [program, ...args] = inNamespace('net', [process.execPath, main, '--state-dir', stateDir]);
  const second = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  processes.push(second);
  const [stderr] = (await once(second.stderr, 'data')) as [Buffer];
  expect(await once(second, 'exit')).toEqual([1, null]);
  expect(stderr.toString()).toMatch(/GATEWAY_STATE_LOCKED: Another gateway is running on /);
  expect((await first.client.health()).worker).toEqual({ ...worker, restarts: 0 });
});

test('a model server that prints without end answers while its host is stopped', async () => {
  const { child, client } = await start();
  const chatty = `const line = 'x'.repeat(99) + '\\n';
    setInterval(() => { for (let i = 0; i < 100; i++) process.stdout.write(line) }, 10);
    require('http').createServer((_, res) => res.end('{}')).listen(process.env.PORT, '127.0.0.1');`;
  await client.putEndpoint('digits');
  await client.putVersion('digits', 'v1', spec({ command: [process.execPath, '-e', chatty] }));
  await until(async () => (await client.version('digits', 'v1')).state === 'ready', 'the version');
  const { port, logPath } = await client.version('digits', 'v1');
  child.kill('SIGSTOP');
  const before = (await stat(logPath)).size;
  // Ten times what a pipe holds.
  await until(async () => (await stat(logPath)).size > before + 10 * 64 * 1024, 'more to be printed');
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
  child.kill('SIGCONT');
});

test('a corrupt state file is an error that names it, and stays as it is', async () => {
  const path = join(stateDir, 'state.json');
  await writeFile(path, '{"format":1,"endpoints":[{');
  const child = run();
  const [stderr] = (await once(child.stderr ?? expect.fail('no stderr'), 'data')) as [Buffer];
  expect(await once(child, 'exit')).toEqual([1, null]);
  expect(stderr.toString()).toContain(`GATEWAY_STATE_CORRUPT: The gateway's state file ${path} cannot be used`);
  expect(await readFile(path, 'utf8')).toBe('{"format":1,"endpoints":[{');
});

test('without a state folder it tells its usage', async () => {
  const child = spawn(process.execPath, [main], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH },
  });
  const [stderr] = (await once(child.stderr, 'data')) as [Buffer];
  expect(await once(child, 'exit')).toEqual([2, null]);
  expect(stderr.toString()).toContain('--state-dir');
});
