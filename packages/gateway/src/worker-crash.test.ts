import { Agent, request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { settledMetrics, type TestGateway, testGateway, until } from './testing/gateway.ts';
import { SteadyLoad } from './testing/load.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await testGateway({ hungAfterSeconds: 3 });
  await gateway.serve('digits', 'v1');
  await gateway.client.setTraffic('digits', { weights: { v1: 1 } });
});
afterAll(() => gateway.end());

function killWorker(): number {
  const pid = gateway.host.workerPid() ?? expect.fail('no worker');
  process.kill(pid, 'SIGKILL');
  return pid;
}

const newWorker = (old: number) =>
  until(() => gateway.host.workerPid() !== null && gateway.host.workerPid() !== old, 'the next worker');

test('SIGKILL of the worker under load fails no request but those in flight, five times over', async () => {
  const paths = ['/invocations', '/invocations', '/invocations', '/invocations', '/slow?ms=5', '/slow?ms=20'];
  const load = new SteadyLoad(
    gateway.host.url,
    paths.map((path) => `/digits${path}`),
  );
  const lost: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const before = load.sent.length;
    await until(() => load.sent.length > before + 100, 'traffic to flow');
    const [inFlight, killedAt] = [new Set(load.open), performance.now()];
    const old = killWorker();
    await newWorker(old);
    await until(() => [...inFlight].every((sent) => sent.endedAt > 0), 'the requests in flight to end');
    const failed = load.sent.filter((sent) => sent.failed && sent.endedAt >= killedAt);
    expect(failed.filter((sent) => !inFlight.has(sent))).toEqual([]);
    lost.push(failed.length);
  }
  await load.stop();
  // Nothing else failed at any time: every failure is one of those counted.
  expect(load.sent.filter((sent) => sent.failed)).toHaveLength(lost.reduce((sum, n) => sum + n, 0));
  for (const n of lost) expect(n).toBeLessThanOrEqual(paths.length);
});

test('an idle keep-alive connection goes on with the next worker', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = () =>
    new Promise<[number | undefined, number | undefined]>((resolve, reject) => {
      const sent = request(`${gateway.host.url}/digits/invocations`, { agent, method: 'POST' }, (response) => {
        const { localPort } = response.socket;
        response.resume().on('end', () => resolve([response.statusCode, localPort]));
      });
      sent.on('error', reject).end();
    });
  const before = await ask();
  const old = killWorker();
  expect(await ask()).toEqual(before);
  await newWorker(old);
  expect(await ask()).toEqual(before);
  agent.destroy();
});

test('requests that arrive while there is no worker wait for the next one', async () => {
  const old = killWorker();
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => fetch(`${gateway.host.url}/digits/invocations`, { method: 'POST', body: '{}' })),
  );
  expect(answers.map((answer) => answer.status)).toEqual(Array(20).fill(200));
  await Promise.all(answers.map((answer) => answer.text()));
  await newWorker(old);
});

test('weights set while there is no worker hold for its successor, and model servers do not notice', async () => {
  const [server] = (await gateway.client.endpoint('digits')).versions;
  await gateway.serve('digits', 'v2');
  const { restarts } = (await gateway.client.health()).worker;
  killWorker();
  await gateway.client.setTraffic('digits', { weights: { v2: 1 } });
  const answer = await fetch(`${gateway.host.url}/digits/invocations`, { method: 'POST', body: '{}' });
  expect(await answer.json()).toMatchObject({ version: 'v2' });
  await gateway.client.setTraffic('digits', { weights: { v1: 1 } });
  const [after] = (await gateway.client.endpoint('digits')).versions;
  expect(after).toMatchObject({ pid: server?.pid, restarts: 0 });
  expect((await gateway.client.health()).worker.restarts).toBe(restarts + 1);
});

test('a hung worker is replaced, and who asked meanwhile is answered', async () => {
  const old = gateway.host.workerPid() ?? expect.fail('no worker');
  process.kill(old, 'SIGSTOP');
  const answer = await fetch(`${gateway.host.url}/digits/ping`, { headers: { connection: 'close' } });
  expect(answer.status).toBe(200);
  expect(gateway.host.workerPid()).not.toBe(old);
});

test('traffic is moved within seconds while the worker hangs', async () => {
  const hung = await testGateway();
  try {
    await Promise.all([hung.serve('digits', 'v1'), hung.serve('digits', 'v2')]);
    await hung.client.setTraffic('digits', { weights: { v2: 1 } });
    process.kill(hung.host.workerPid() ?? expect.fail('no worker'), 'SIGSTOP');
    const begun = performance.now();
    const moved = async () => {
      const { weights } = await hung.client.setTraffic('digits', { weights: { v1: 1 } });
      return weights.v1 === 1;
    };
    await until(() => moved().catch(() => false), 'the traffic to be moved');
    // A worker that is only silent is left alone for 15 s.
    expect(performance.now() - begun).toBeLessThan(14_000);
    const answer = await fetch(`${hung.host.url}/digits/invocations`);
    expect(answer.headers.get('x-sluice-version')).toBe('v1');
  } finally {
    await hung.end();
  }
});

test('metrics from before the crash are still there', async () => {
  const requests = async () => (await settledMetrics(gateway.client, 'digits')).versions.v1?.requests ?? 0;
  const before = await requests();
  for (let i = 0; i < 10; i += 1) await (await fetch(`${gateway.host.url}/digits/invocations`)).text();
  expect(await requests()).toBe(before + 10);
  await newWorker(killWorker());
  expect(await requests()).toBe(before + 10);
});

test('windows that follow each other count every answer once, over the death of a worker', async () => {
  let { until: since } = await settledMetrics(gateway.client, 'digits');
  let counted = 0;
  const look = async () => {
    const metrics = await gateway.client.metrics('digits', { since });
    expect(metrics.since).toBe(since);
    since = metrics.until;
    counted += metrics.versions.v1?.requests ?? 0;
  };
  for (let round = 0; round < 3; round += 1) {
    for (let i = 0; i < 50; i += 1) {
      await (await fetch(`${gateway.host.url}/digits/invocations`)).text();
      if (i % 10 === 0) await look();
    }
    // Asked for, what the worker has counted is with the host.
    await look();
    await newWorker(killWorker());
  }
  const end = Date.now();
  await until(async () => {
    await look();
    return since > end;
  }, 'the last second');
  expect(counted).toBe(150);
});

test('every captured line is whole after all this', async () => {
  for (let i = 0; i < 10; i += 1) await (await fetch(`${gateway.host.url}/digits/invocations`)).text();
  // The client parses every line, so each of them is whole.
  const lines = await gateway.client.requests('digits');
  expect(lines.length).toBeGreaterThanOrEqual(10);
  for (const line of lines) expect(line).toMatchObject({ endpoint: 'digits', status: expect.any(Number) });
});
