import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestGateway, testGateway, until } from './testing/gateway.ts';

let gateway: TestGateway;
beforeEach(async () => {
  gateway = await testGateway();
  await Promise.all([gateway.serve('digits', 'v1'), gateway.serve('digits', 'v2')]);
});
afterEach(() => gateway.end());

const fallback = { v1: 1 };
const split = { v1: 1, v2: 1 };

async function served(url = gateway.host.url): Promise<string | null> {
  const response = await fetch(`${url}/digits/invocations`, { method: 'POST', body: '{}' });
  await response.text();
  return response.headers.get('x-sluice-version');
}

async function servedOften(): Promise<Set<string | null>> {
  return new Set(await Promise.all(Array.from({ length: 60 }, () => served())));
}

const reverted = () =>
  until(async () => (await gateway.client.endpoint('digits')).reverted !== null, 'the lease to end');

test('a split that nobody renews goes back by itself, and one that is renewed stays', async () => {
  const mirror = { version: 'v2', percent: 50 };
  const { generation, lease } = await gateway.client.setTraffic('digits', {
    weights: split,
    mirror,
    lease: { ms: 2_000, fallback },
  });
  expect(lease).toMatchObject({ ms: 2_000, fallback });
  const end = Date.now() + 4_000;
  while (Date.now() < end) {
    const renewed = await gateway.client.renewLease('digits', { generation });
    expect(renewed.weights).toEqual(split);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await reverted();
  const after = await gateway.client.endpoint('digits');
  expect(after).toMatchObject({
    generation: generation + 1,
    weights: fallback,
    mirror: null,
    lease: null,
    durable: true,
    reverted: { from: split, to: fallback, note: null },
  });
  expect(await servedOften()).toEqual(new Set(['v1']));
  await expect(gateway.client.renewLease('digits', { generation })).rejects.toMatchObject({
    code: 'GATEWAY_CONFLICT',
    message: expect.stringContaining('went back by itself'),
  });
  expect((await gateway.client.setTraffic('digits', { weights: fallback })).reverted).toBeNull();
});

test('traffic without a lease stays', async () => {
  await gateway.client.setTraffic('digits', { weights: split, lease: { ms: 300, fallback } });
  await gateway.client.setTraffic('digits', { weights: split });
  await new Promise((resolve) => setTimeout(resolve, 800));
  expect(await gateway.client.endpoint('digits')).toMatchObject({ weights: split, lease: null, reverted: null });
});

test('a version that traffic would go back to is not removed', async () => {
  await gateway.client.setTraffic('digits', { weights: { v2: 1 }, lease: { ms: 60_000, fallback } });
  await expect(gateway.client.deleteVersion('digits', 'v1')).rejects.toMatchObject({ code: 'GATEWAY_CONFLICT' });
});

test('traffic can be sent to a version that does not answer its ping when that is asked for', async () => {
  await fetch(`http://127.0.0.1:${(await gateway.client.version('digits', 'v1')).port}/health?to=bad`);
  const unhealthy = async () => (await gateway.client.version('digits', 'v1')).state === 'unhealthy';
  await until(unhealthy, 'v1 to be unhealthy');
  await expect(gateway.client.setTraffic('digits', { weights: { v1: 1 } })).rejects.toMatchObject({
    code: 'GATEWAY_NOT_READY',
  });
  await gateway.client.setTraffic('digits', { weights: { v1: 1 }, unready: 'allow' });
  expect(await served()).toBe('v1');
});

test('weights and a revert take effect when the state cannot be saved, and it is saved when it can be again', async () => {
  await gateway.client.setTraffic('digits', { weights: { v2: 1 } });
  // As a full disk does: the file that is to take the state's place cannot be written.
  const inTheWay = join(gateway.stateDir, 'state.json.tmp');
  await mkdir(inTheWay);
  const back = await gateway.client.setTraffic('digits', { weights: { v1: 1 } });
  expect(back.durable).toBe(false);
  expect(await servedOften()).toEqual(new Set(['v1']));
  await gateway.client.setTraffic('digits', { weights: { v2: 1 }, lease: { ms: 200, fallback } });
  await reverted();
  expect(await gateway.client.endpoint('digits')).toMatchObject({ weights: fallback, durable: false });
  expect(await servedOften()).toEqual(new Set(['v1']));
  await rm(inTheWay, { recursive: true });
  await until(async () => (await gateway.client.endpoint('digits')).durable, 'the state to be saved');
});
