import type { GatewayShadowTraffic } from '@sluice/sdk';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { settledMetrics, type TestGateway, testGateway, until } from './testing/gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway({ shadowInFlight: 2 });
  await Promise.all([gateway.serve('digits', 'v1'), gateway.serve('digits', 'v2')]);
});
afterAll(() => gateway.end());

const mirror = (percent: number) =>
  gateway.client.setTraffic('digits', { weights: { v1: 1 }, mirror: { version: 'v2', percent } });

async function ask(path: string): Promise<Response> {
  const response = await fetch(`${gateway.host.url}/digits${path}`, { method: 'POST', body: '{"inputs":[1]}' });
  await response.arrayBuffer().catch(() => undefined);
  return response;
}

/** How many copies the shadow's model server has read. */
async function copiesSeen(): Promise<number> {
  const { logTail } = await gateway.client.version('digits', 'v2');
  return logTail.filter((line) => line === 'got /echo').length;
}

async function shadow(): Promise<GatewayShadowTraffic | undefined> {
  return (await settledMetrics(gateway.client, 'digits')).shadow.v2;
}

async function comparedTo(n: number): Promise<GatewayShadowTraffic> {
  let seen: GatewayShadowTraffic | undefined;
  await until(async () => {
    seen = (await gateway.client.metrics('digits')).shadow.v2;
    return (seen?.comparison.compared ?? 0) >= n;
  }, `${n} comparisons`);
  return seen ?? expect.fail('no shadow');
}

test('a copy of each request goes to the shadow, tagged, and never into the metrics of callers or the captures', async () => {
  await mirror(100);
  for (let i = 1; i <= 10; i += 1) {
    expect((await ask('/echo')).headers.get('x-sluice-version')).toBe('v1');
    await until(async () => (await copiesSeen()) === i, 'the copy');
  }
  const { requests, errors, comparison } = await comparedTo(10);
  expect({ requests, errors }).toEqual({ requests: 10, errors: 0 });
  expect(comparison).toMatchObject({ compared: 10, sameStatusClass: 10, sameBody: 10, worse: 0, better: 0 });
  const { versions } = await settledMetrics(gateway.client, 'digits');
  expect(versions.v1?.requests).toBe(10);
  expect(versions.v2?.requests).toBe(0);
  expect(await gateway.client.requests('digits')).toHaveLength(10);
});

test('an answer that differs is the same class with another body', async () => {
  const before = (await shadow())?.comparison;
  await ask('/invocations');
  const { comparison } = await comparedTo((before?.compared ?? 0) + 1);
  expect(comparison.sameStatusClass - (before?.sameStatusClass ?? 0)).toBe(1);
  expect(comparison.sameBody).toBe(before?.sameBody);
});

test('a shadow that crashes is worse, and the caller does not notice', async () => {
  const before = await shadow();
  const server = await gateway.client.version('digits', 'v2');
  process.kill(server.pid ?? 0, 'SIGSTOP');
  await gateway.client.putEndpoint('digits', { deadlineMs: 300 });
  const answer = await ask('/echo');
  expect(answer.status).toBe(200);
  const after = await comparedTo((before?.comparison.compared ?? 0) + 1);
  expect(after.comparison.worse - (before?.comparison.worse ?? 0)).toBe(1);
  expect(after.deadline - (before?.deadline ?? 0)).toBe(1);
  process.kill(server.pid ?? 0, 'SIGCONT');
  expect((await gateway.client.metrics('digits')).versions.v1?.errors).toBe(0);
});

test('copies beyond the limit are dropped and counted, and callers wait for none', async () => {
  const before = await shadow();
  const server = await gateway.client.version('digits', 'v2');
  process.kill(server.pid ?? 0, 'SIGSTOP');
  const answers = await Promise.all(Array.from({ length: 6 }, () => ask('/echo')));
  expect(answers.map((answer) => answer.status)).toEqual(Array(6).fill(200));
  await until(
    async () =>
      ((await gateway.client.metrics('digits')).shadow.v2?.comparison.dropped ?? 0) -
        (before?.comparison.dropped ?? 0) ===
      4,
    'drops',
  );
  process.kill(server.pid ?? 0, 'SIGCONT');
  await gateway.client.putEndpoint('digits', { deadlineMs: 30_000 });
});

test('the mirror takes its percentage, and null turns it off', async () => {
  await mirror(0);
  await gateway.client.setTraffic('digits', { weights: { v1: 1 }, mirror: null });
  await comparedTo(0);
  const before = (await shadow())?.requests ?? 0;
  for (let i = 0; i < 10; i += 1) await ask('/echo');
  expect((await gateway.client.endpoint('digits')).mirror).toBeNull();
  expect((await shadow())?.requests).toBe(before);
});
