import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { GatewayVersionDetail } from '@sluice/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isAlive, spec, type TestGateway, testGateway, until } from './testing/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway({ pingEveryMs: 50 });
  await gateway.client.putEndpoint('digits');
});
afterAll(() => gateway.end());

async function inState(
  id: string,
  condition: (version: GatewayVersionDetail) => boolean,
): Promise<GatewayVersionDetail> {
  let seen: GatewayVersionDetail | undefined;
  await until(async () => {
    seen = await gateway.client.version('digits', id);
    return condition(seen);
  }, `${id} to change`);
  return seen ?? expect.fail('never seen');
}

const gaveUp = (version: GatewayVersionDetail) => version.state === 'crashed' && version.nextStartAt === null;

test('a version starts at weight 0 with its model, port and names', async () => {
  const command = [...spec().command, '--port={port}', '{host}', '{model}'];
  const first = await gateway.client.putVersion('digits', 'v1', spec({ command, modelPath: '/models/Zürich 1' }));
  expect(first).toMatchObject({ id: 'v1', state: 'starting', restarts: 0, lastError: null });
  const ready = await inState('v1', (version) => version.state === 'ready');
  expect(ready.logTail).toEqual([`serving /models/Zürich 1 --port=${ready.port} 127.0.0.1 /models/Zürich 1`]);
  expect(await readFile(ready.logPath, 'utf8')).toContain('serving');
  expect((await gateway.client.endpoint('digits')).weights).toEqual({});
  expect(await gateway.client.ping('digits', 'v1')).toMatchObject({ ok: true, status: 200 });
});

test('the same spec twice starts nothing; another spec under the id is refused', async () => {
  const before = await gateway.client.version('digits', 'v1');
  const command = [...spec().command, '--port={port}', '{host}', '{model}'];
  const again = await gateway.client.putVersion('digits', 'v1', spec({ command, modelPath: '/models/Zürich 1' }));
  expect(again.pid).toBe(before.pid);
  await expect(gateway.client.putVersion('digits', 'v1', spec())).rejects.toMatchObject({ code: 'GATEWAY_CONFLICT' });
});

test('a crash is 502 for the request that caused it, then the server is started again and the crash counted', async () => {
  await gateway.client.setTraffic('digits', { weights: { v1: 1 } });
  const answer = await fetch(`${gateway.host.url}/digits/crash`);
  expect(answer.status).toBe(502);
  expect(await answer.json()).toMatchObject({ error: { code: 'MODEL_RESET' } });
  const crashed = await inState('v1', (version) => version.lastError !== null);
  expect(crashed.lastError).toMatch(/exited with code 3/);
  const down = await fetch(`${gateway.host.url}/digits/ping`);
  if (down.status === 502) expect(await down.json()).toMatchObject({ error: { code: 'MODEL_UNREACHABLE' } });
  const back = await inState('v1', (version) => version.state === 'ready');
  expect(back.restarts).toBe(1);
  await until(async () => (await fetch(`${gateway.host.url}/digits/ping`)).status === 200, 'requests to be answered');
});

test('SIGKILL of the model server is a crash like any other', async () => {
  const before = await gateway.client.version('digits', 'v1');
  process.kill(before.pid ?? expect.fail('no pid'), 'SIGKILL');
  const back = await inState('v1', (version) => version.state === 'ready' && version.restarts === before.restarts + 1);
  expect(back.lastError).toMatch(/ended by SIGKILL/);
  expect(back.pid).not.toBe(before.pid);
});

test('three failed pings make it unhealthy, one good ping ready again', async () => {
  const ask = (to: string) => fetch(`${gateway.host.url}/digits/health?to=${to}`);
  await ask('bad');
  const sick = await inState('v1', (version) => version.state === 'unhealthy');
  expect(sick.lastError).toMatch(/failed 3 times in a row \(last: answered 503\)/);
  expect(await gateway.client.ping('digits', 'v1')).toMatchObject({ ok: false, status: 503 });
  await ask('good');
  await inState('v1', (version) => version.state === 'ready');
});

test('a server that never answers /ping stays starting, then is crashed, says why and leaves no process', async () => {
  await gateway.client.putVersion('digits', 'mute', spec({ env: { NEVER_READY: '1' }, readyTimeoutMs: 700 }));
  const starting = await inState('mute', (version) => version.pid !== null);
  expect(starting.state).toBe('starting');
  const crashed = await inState('mute', gaveUp);
  expect(crashed.lastError).toMatch(
    /^GET \/ping did not answer 200 within 700 ms \(last: (answered 503|ECONNREFUSED)\)\.$/,
  );
  expect(crashed).toMatchObject({ pid: null, port: null, restarts: 0 });
  expect(isAlive(starting.pid ?? 0)).toBe(false);
  const refused = gateway.client.setTraffic('digits', { weights: { mute: 1 } });
  await expect(refused).rejects.toMatchObject({ code: 'GATEWAY_NOT_READY', message: expect.stringContaining('/ping') });
});

test('a version that was given up starts anew when it is put again', async () => {
  const again = await gateway.client.putVersion(
    'digits',
    'mute',
    spec({ env: { NEVER_READY: '1' }, readyTimeoutMs: 700 }),
  );
  expect(again).toMatchObject({ state: 'starting', lastError: null });
  await gateway.client.deleteVersion('digits', 'mute');
});

test('a server that ends before it was ever ready is tried three times', async () => {
  const command = [process.execPath, '-e', 'console.error("no module named torch"); process.exit(1)'];
  await gateway.client.putVersion('digits', 'broken', spec({ command }));
  const crashed = await inState('broken', gaveUp);
  expect(crashed.restarts).toBe(2);
  expect(crashed.lastError).toMatch(/exited with code 1 before it was ready. Its last line: no module named torch/);
});

test.each([
  ['no-such-program', { command: ['sluice-no-such-program'] }, /sluice-no-such-program cannot be run/],
  ['no-such-file', { command: ['./nothing/here'] }, /nothing\/here cannot be run/],
  ['no-such-folder', { cwd: '/no/such/folder' }, /working directory \/no\/such\/folder/],
])('a command that can never run (%s) says so at once', async (id, wrong, message) => {
  await gateway.client.putVersion('digits', id, spec(wrong));
  const crashed = await inState(id, gaveUp);
  expect(crashed).toMatchObject({ restarts: 0, lastError: expect.stringMatching(message) });
});

test('a version with traffic, or that is the mirror, is not deleted', async () => {
  await gateway.serve('digits', 'v2');
  await gateway.client.setTraffic('digits', { weights: { v1: 1 }, mirror: { version: 'v2', percent: 1 } });
  for (const id of ['v1', 'v2']) {
    await expect(gateway.client.deleteVersion('digits', id)).rejects.toMatchObject({ code: 'GATEWAY_CONFLICT' });
  }
  expect((await gateway.client.version('digits', 'v2')).state).toBe('ready');
});

test('deleting waits for requests under way, then ends the process; deleting what is not there is fine', async () => {
  const { pid } = await gateway.client.version('digits', 'v2');
  await gateway.client.setTraffic('digits', { weights: { v2: 1 }, mirror: null });
  const slow = fetch(`${gateway.host.url}/digits/slow?ms=400`).then((answer) => answer.text());
  await inState('v2', (version) => version.logTail.includes('got /slow'));
  await gateway.client.setTraffic('digits', { weights: { v1: 1 } });
  await Promise.all([gateway.client.deleteVersion('digits', 'v2'), gateway.client.deleteVersion('digits', 'v2')]);
  expect(await slow).toBe('v2');
  expect(isAlive(pid ?? 0)).toBe(false);
  await gateway.client.deleteVersion('digits', 'v2');
  await expect(gateway.client.version('digits', 'v2')).rejects.toMatchObject({ code: 'GATEWAY_NOT_FOUND' });
});

test('a server that ignores SIGTERM is killed, children and all', { timeout: 20_000 }, async () => {
  await gateway.serve('digits', 'stubborn', { IGNORE_SIGTERM: '1', WITH_CHILD: '1' });
  const { pid, logTail } = await gateway.client.version('digits', 'stubborn');
  const child = Number(/child (\d+)/.exec(logTail.join('\n'))?.[1]);
  expect(isAlive(child)).toBe(true);
  await gateway.client.deleteVersion('digits', 'stubborn');
  expect(isAlive(pid ?? 0)).toBe(false);
  await until(() => !isAlive(child), 'the child to be gone');
});

test("a port that is another program's gives a clear error", async () => {
  const { port } = new URL(gateway.host.url);
  const second = testGateway({ port: Number(port) });
  await expect(second).rejects.toMatchObject({
    code: 'GATEWAY_PORT_IN_USE',
    message: expect.stringContaining(port),
    fix: expect.stringContaining('another port'),
  });
});

test('other processes are left alone when a host starts', async () => {
  const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  const other = await testGateway();
  await other.end();
  expect(isAlive(stranger.pid ?? 0)).toBe(true);
  stranger.kill('SIGKILL');
});
