import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type GatewayClient, gatewayClient } from './client.ts';
import { newStateDir, spec, until } from './testing/gateway.ts';

const program = fileURLToPath(new URL('./testing/host.ts', import.meta.url));
const split = { v1: 1, v2: 1 };
const fallback = { v1: 1 };

let stateDir: string;
let host: ChildProcess;
let client: GatewayClient;
beforeEach(async () => {
  stateDir = await newStateDir();
  await start();
  await client.putEndpoint('digits');
  for (const id of ['v1', 'v2']) await client.putVersion('digits', id, spec());
  const ready = async () => (await client.endpoint('digits')).versions.every(({ state }) => state === 'ready');
  await until(ready, 'the versions');
});
afterEach(async () => {
  await client.shutdown();
  await rm(stateDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
});

async function start(): Promise<void> {
  const adminToken = 'secret';
  host = spawn(process.execPath, [program, JSON.stringify({ stateDir, adminToken })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [adminUrl] = await once(createInterface({ input: host.stdout ?? expect.fail('no output') }), 'line');
  client = gatewayClient(adminUrl as string, { token: adminToken });
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('a host that was stopped for longer than the lease goes back when it wakes, and takes no late renewal', async () => {
  const { generation } = await client.setTraffic('digits', { weights: split, lease: { ms: 1_000, fallback } });
  host.kill('SIGSTOP');
  // It is in the socket before the host wakes, and read before any of its timers.
  const renewal = client.renewLease('digits', { generation }).catch((error: { code: string }) => error.code);
  await pause(1_500);
  host.kill('SIGCONT');
  expect(await renewal).toBe('GATEWAY_CONFLICT');
  expect(await client.endpoint('digits')).toMatchObject({ weights: fallback, lease: null, reverted: { to: fallback } });
});

test('a host that was killed and comes back too late goes back at once, and one that is in time keeps the split', async () => {
  await client.setTraffic('digits', { weights: split, lease: { ms: 60_000, fallback } });
  await killed();
  await start();
  expect(await client.endpoint('digits')).toMatchObject({ weights: split, lease: { fallback }, reverted: null });
  await client.setTraffic('digits', { weights: split, lease: { ms: 500, fallback }, unready: 'allow' });
  await killed();
  await pause(600);
  await start();
  expect(await client.endpoint('digits')).toMatchObject({ weights: fallback, lease: null, reverted: { to: fallback } });
});

async function killed(): Promise<void> {
  const ended = once(host, 'exit');
  host.kill('SIGKILL');
  await ended;
}
