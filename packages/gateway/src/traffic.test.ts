import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestGateway, testGateway } from './testing/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway();
  await Promise.all([gateway.serve('digits', 'v1'), gateway.serve('digits', 'v2')]);
});
afterAll(() => gateway.end());

async function versionFor(key?: string, header = 'x-sluice-key'): Promise<string | null> {
  const headers: Record<string, string> = key === undefined ? {} : { [header]: key };
  const response = await fetch(`${gateway.host.url}/digits/invocations`, { method: 'POST', body: '{}', headers });
  await response.text();
  return response.headers.get('x-sluice-version');
}

const versionsFor = (keys: string[]) => Promise.all(keys.map((key) => versionFor(key)));
const keys = Array.from({ length: 300 }, (_, i) => `caller-${i}`);

test('a canary gets its share of the keys, keeps each, and keeps them when its weight is raised', async () => {
  await gateway.client.setTraffic('digits', { weights: { v1: 80, v2: 20 } });
  const first = await versionsFor(keys);
  expect(await versionsFor(keys)).toEqual(first);
  const share = first.filter((version) => version === 'v2').length / keys.length;
  // 20 % of 300: one standard deviation is 0.023.
  expect(Math.abs(share - 0.2)).toBeLessThan(0.1);

  await gateway.client.setTraffic('digits', { weights: { v1: 50, v2: 50 } });
  const second = await versionsFor(keys);
  const left = keys.filter((_, i) => first[i] === 'v2' && second[i] !== 'v2');
  expect(left).toEqual([]);
  expect(second.filter((version) => version === 'v2').length).toBeGreaterThan(first.filter((v) => v === 'v2').length);
});

test('new weights hold for the first request after the answer', async () => {
  for (const [v1, v2] of [
    [1, 0],
    [0, 1],
    [1, 0],
    [0, 1],
  ] as const) {
    await gateway.client.setTraffic('digits', { weights: { v1, v2 } });
    expect(await versionFor()).toBe(v1 ? 'v1' : 'v2');
  }
});

test('the cookie sticks like the header', async () => {
  await gateway.client.setTraffic('digits', { weights: { v1: 50, v2: 50 } });
  for (const key of keys.slice(0, 20))
    expect(await versionFor(`a=b; sluice-route=${key}`, 'cookie')).toBe(await versionFor(key));
});

test('an endpoint without weights answers 503, an unknown one 404, each with a code', async () => {
  await gateway.client.setTraffic('digits', { weights: {} });
  const off = await fetch(`${gateway.host.url}/digits/invocations`);
  expect(off.status).toBe(503);
  expect(await off.json()).toMatchObject({ error: { code: 'NO_VERSION', message: expect.stringContaining('digits') } });
  const unknown = await fetch(`${gateway.host.url}/nothing/invocations`);
  expect(unknown.status).toBe(404);
  expect(await unknown.json()).toMatchObject({ error: { code: 'ENDPOINT_NOT_FOUND' } });
  expect(unknown.headers.get('x-sluice-request-id')).toMatch(/^[0-9a-f-]{36}$/);
});

test('the same change twice is made once; a change from an old generation is refused', async () => {
  const { generation } = await gateway.client.setTraffic('digits', { weights: { v1: 1 } });
  const again = await gateway.client.setTraffic('digits', { weights: { v1: 1, v2: 0 } });
  expect(again.generation).toBe(generation);

  const change = { weights: { v1: 95, v2: 5 }, ifGeneration: generation };
  expect((await gateway.client.setTraffic('digits', change)).generation).toBe(generation + 1);
  // Its answer was lost and it is sent again.
  expect((await gateway.client.setTraffic('digits', change)).generation).toBe(generation + 1);
  const stale = { weights: { v1: 1 }, ifGeneration: generation };
  await expect(gateway.client.setTraffic('digits', stale)).rejects.toMatchObject({ code: 'GATEWAY_CONFLICT' });
});

test('two changes at once from one generation: one is made, the other refused', async () => {
  const { generation } = await gateway.client.endpoint('digits');
  const results = await Promise.allSettled([
    gateway.client.setTraffic('digits', { weights: { v1: 7, v2: 3 }, ifGeneration: generation }),
    gateway.client.setTraffic('digits', { weights: { v1: 3, v2: 7 }, ifGeneration: generation }),
  ]);
  expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
});

test.each([
  [{ weights: { nobody: 1 } }, 'GATEWAY_INVALID', /no version "nobody"/],
  [{ weights: { v1: -1 } }, 'GATEWAY_INVALID', /weights.v1 must be a number/],
  [{ weights: { v1: 0 } }, 'GATEWAY_INVALID', /above 0/],
  [{ weights: { v1: 1 }, mirror: { version: 'nobody', percent: 1 } }, 'GATEWAY_INVALID', /no version "nobody"/],
  [{ weights: { v1: 1 }, mirror: { version: 'v2', percent: 101 } }, 'GATEWAY_INVALID', /mirror.percent/],
])('traffic %j is refused and changes nothing', async (traffic, code, message) => {
  const before = await gateway.client.endpoint('digits');
  await expect(gateway.client.setTraffic('digits', traffic)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message),
  });
  expect(await gateway.client.endpoint('digits')).toEqual(before);
});
