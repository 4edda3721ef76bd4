import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TestGateway, testGateway, until } from './testing/gateway.ts';

let gateway: TestGateway;
beforeEach(async () => {
  gateway = await testGateway({ pingEveryMs: 100 });
});
afterEach(() => gateway.end());

const state = async (id: string) => (await gateway.client.version('digits', id)).state;

test('two servers with one thread each stay ready while slow callers keep their pings waiting', async () => {
  await Promise.all([gateway.serve('digits', 'v1'), gateway.serve('digits', 'v2')]);
  await gateway.client.setTraffic('digits', { weights: { v1: 1, v2: 1 } });
  let open = true;
  const callers = ['v1', 'v2'].flatMap((id) =>
    Array.from({ length: 3 }, async (_, i) => {
      // Sticky keys that go to this version.
      const key = await keyFor(id, i);
      while (open) {
        const response = await fetch(`${gateway.host.url}/digits/block?ms=2500`, { headers: { 'x-sluice-key': key } });
        await response.text();
      }
    }),
  );
  const seen = new Set<string>();
  const end = Date.now() + 12_000;
  while (Date.now() < end) {
    for (const id of ['v1', 'v2']) seen.add(await state(id));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  open = false;
  await Promise.all(callers);
  expect([...seen]).toEqual(['ready']);
});

test('a server that answers neither pings nor requests is unhealthy', async () => {
  await gateway.serve('digits', 'v1');
  await gateway.client.setTraffic('digits', { weights: { v1: 1 } });
  const { pid } = await gateway.client.version('digits', 'v1');
  const asked = new AbortController();
  process.kill(pid ?? 0, 'SIGSTOP');
  fetch(`${gateway.host.url}/digits/invocations`, { signal: asked.signal }).catch(() => undefined);
  await until(async () => (await state('v1')) === 'unhealthy', 'it to be unhealthy');
  process.kill(pid ?? 0, 'SIGCONT');
  await until(async () => (await state('v1')) === 'ready', 'it to be ready again');
  asked.abort();
});

test('a server that says that it is not well is believed, whatever it answers', async () => {
  await gateway.serve('digits', 'v1');
  await gateway.client.setTraffic('digits', { weights: { v1: 1 } });
  await (await fetch(`${gateway.host.url}/digits/health?to=bad`)).text();
  await until(async () => {
    await (await fetch(`${gateway.host.url}/digits/invocations`)).text();
    return (await state('v1')) === 'unhealthy';
  }, 'it to be unhealthy');
});

async function keyFor(id: string, salt: number): Promise<string> {
  for (let n = 0; ; n += 1) {
    const key = `caller-${salt}-${n}`;
    const response = await fetch(`${gateway.host.url}/digits/echo`, { headers: { 'x-sluice-key': key } });
    await response.text();
    if (response.headers.get('x-sluice-version') === id) return key;
  }
}
