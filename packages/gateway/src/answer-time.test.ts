import { once } from 'node:events';
import { request } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { settledMetrics, type TestGateway, testGateway, until } from './testing/gateway.ts';

let gateway: TestGateway;
beforeEach(async () => {
  gateway = await testGateway();
  await gateway.serve('digits', 'v1');
  await gateway.client.setTraffic('digits', { weights: { v1: 1 } });
});
afterEach(() => gateway.end());

const ask = (path: string) => fetch(`${gateway.host.url}/digits${path}`);
const traffic = async () => (await settledMetrics(gateway.client, 'digits')).versions.v1;

/** Waits until the model server has read a request for a path. */
const read = (path: string, version = 'v1') =>
  until(async () => (await gateway.client.version('digits', version)).logTail.includes(`got ${path}`), path);

test('server-sent events go on for longer than deadline and idle time together', async () => {
  await gateway.client.putEndpoint('digits', { deadlineMs: 1_500, idleMs: 1_500 });
  const text = await (await ask('/events?count=35&every=100')).text();
  expect(text.match(/data:/g)).toHaveLength(35);
  expect(await traffic()).toMatchObject({ requests: 1, errors: 0, byStatus: { '2xx': 1 } });
});

test('an answer that stops in the middle is broken off after the idle time, and is the version’s error', async () => {
  await gateway.client.putEndpoint('digits', { idleMs: 300 });
  const response = await ask('/events?count=3&every=50&hang');
  await expect(response.text()).rejects.toThrow();
  expect(await traffic()).toMatchObject({ requests: 1, errors: 1, deadline: 1 });
});

test('a server that hangs before it has read a large body is late, not the caller', async () => {
  await gateway.client.putEndpoint('digits', { deadlineMs: 2_000, capture: { percent: 0 } });
  const { pid } = await gateway.client.version('digits', 'v1');
  process.kill(pid ?? 0, 'SIGSTOP');
  try {
    const response = await fetch(`${gateway.host.url}/digits/echo`, { method: 'POST', body: Buffer.alloc(32_000_000) });
    expect(response.status).toBe(504);
  } finally {
    process.kill(pid ?? 0, 'SIGCONT');
  }
  expect(await traffic()).toMatchObject({ errors: 1, deadline: 1, aborted: 0 });
});

test('a slow upload is not cut while it goes on', async () => {
  await gateway.client.putEndpoint('digits', { deadlineMs: 1_500 });
  const upload = request(`${gateway.host.url}/digits/echo`, { method: 'POST' });
  const answered = once(upload, 'response');
  for (let i = 0; i < 20; i += 1) {
    upload.write('part ');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  upload.end();
  const [response] = await answered;
  expect(response.statusCode).toBe(200);
  response.resume();
});

test('an answer of nine seconds survives the removal of its version', async () => {
  await gateway.serve('digits', 'v2');
  const answer = ask('/slow?ms=9000').then((response) => response.text());
  await read('/slow');
  await gateway.client.setTraffic('digits', { weights: { v2: 1 } });
  await gateway.client.deleteVersion('digits', 'v1');
  expect(await answer).toBe('v1');
  expect((await gateway.client.endpoint('digits')).versions.map(({ id }) => id)).toEqual(['v2']);
});

test('an answer of nine seconds survives the end of the host', async () => {
  const answer = ask('/slow?ms=9000').then((response) => response.text());
  await read('/slow');
  await gateway.host.close();
  expect(await answer).toBe('v1');
});

test('a removal waits for the deadline and no longer', async () => {
  await gateway.client.putEndpoint('digits', { deadlineMs: 2_000 });
  const answer = ask('/events?count=1000&every=50').then((response) => response.text());
  answer.catch(() => undefined);
  await read('/events');
  await gateway.client.setTraffic('digits', { weights: {} });
  const begun = performance.now();
  await gateway.client.deleteVersion('digits', 'v1');
  expect(performance.now() - begun).toBeGreaterThan(1_900);
  await expect(answer).rejects.toThrow();
});

test('traffic is moved at once while a version hangs under load, and not one of the others waits', async () => {
  await gateway.serve('digits', 'v2');
  await gateway.client.setTraffic('digits', { weights: { v1: 1, v2: 1 } });
  const { pid } = await gateway.client.version('digits', 'v2');
  process.kill(pid ?? 0, 'SIGSTOP');
  const asked = Array.from({ length: 200 }, () => ask('/invocations').then((response) => response.text()));
  for (const one of asked) one.catch(() => undefined);
  const begun = performance.now();
  await gateway.client.setTraffic('digits', { weights: { v1: 1 } });
  // The switch of a rollback has 2 s; it takes a few milliseconds.
  expect(performance.now() - begun).toBeLessThan(1_000);
  const versions = await Promise.all(
    Array.from({ length: 50 }, async () => (await ask('/invocations')).headers.get('x-sluice-version')),
  );
  expect(new Set(versions)).toEqual(new Set(['v1']));
  process.kill(pid ?? 0, 'SIGCONT');
  await Promise.all(asked);
});
