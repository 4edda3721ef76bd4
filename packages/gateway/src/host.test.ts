import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startGatewayHost } from './host.ts';
import { listen } from './listen.ts';
import { isAlive, newStateDir, type TestGateway, testGateway, until } from './testing/gateway.ts';

let stateDir: string;
beforeEach(async () => {
  stateDir = await newStateDir();
});
afterEach(() => rm(stateDir, { recursive: true, force: true }));

async function servingGateway(): Promise<TestGateway> {
  const gateway = await testGateway({ stateDir });
  await gateway.serve('digits', 'v1');
  await gateway.client.setTraffic('digits', { weights: { v1: 1 } });
  return gateway;
}

test('closing answers what is under way, then leaves no process', async () => {
  const { host, client } = await servingGateway();
  const pids = [host.workerPid(), (await client.version('digits', 'v1')).pid];
  const slow = fetch(`${host.url}/digits/slow?ms=500`);
  await until(async () => (await client.version('digits', 'v1')).logTail.includes('got /slow'), 'the request');
  await Promise.all([host.close(), host.close()]);
  await host.closed;
  expect(await (await slow).text()).toBe('v1');
  expect(pids.filter((pid) => pid === null || isAlive(pid))).toEqual([]);
  expect(host.workerPid()).toBeNull();
  await expect(fetch(host.url)).rejects.toThrow();
  await expect(client.health()).rejects.toMatchObject({ code: 'GATEWAY_UNREACHABLE' });
});

test('a host that is started again goes on with the same endpoints', async () => {
  const first = await servingGateway();
  await first.client.putEndpoint('digits', { deadlineMs: 1234, capture: { percent: 7 } });
  const before = await first.client.endpoint('digits');
  await first.host.close();

  const second = await testGateway({ stateDir });
  const after = await second.client.endpoint('digits');
  expect({ ...after, versions: [] }).toEqual({ ...before, versions: [] });
  await until(async () => (await second.client.version('digits', 'v1')).state === 'ready', 'the version');
  expect((await fetch(`${second.host.url}/digits/invocations`)).status).toBe(200);
  await second.end();
});

test('a start that fails leaves nothing behind: the folder can be used at once', async () => {
  const blocker = createServer();
  const port = await listen(blocker, '127.0.0.1', 0);
  const start = startGatewayHost({ stateDir, adminPort: port });
  await expect(start).rejects.toMatchObject({ code: 'GATEWAY_PORT_IN_USE', where: `127.0.0.1:${port}` });
  blocker.close();
  const gateway = await testGateway({ stateDir, adminPort: port });
  expect(gateway.host.adminUrl).toBe(`http://127.0.0.1:${port}`);
  await gateway.end();
});

test('two hosts of one process need two folders', async () => {
  const gateway = await testGateway({ stateDir });
  await expect(startGatewayHost({ stateDir })).rejects.toMatchObject({ code: 'GATEWAY_STATE_LOCKED' });
  await gateway.end();
});
