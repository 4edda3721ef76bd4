/** The rollout activities against a real gateway with real model servers behind it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Candidate, canary, column, type Mirror, type Model, type WatchInput } from '@sluice/sdk';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type GatewayHost, startGatewayHost } from '../../../gateway/src/index.ts';
import { checkShadowActivity } from '../checks/check-shadow.ts';
import { watchTrafficActivity } from '../health/watch-traffic.ts';
import { replayActivity } from '../replay/replay.ts';
import { type Fixture, fixture } from '../serving/testing/fixture-context.ts';
import { gatewayApi } from './gateway-api.ts';
import { setTrafficActivity } from './set-traffic.ts';
import { startVersionActivity, stopVersionActivity } from './versions.ts';

let fix: Fixture;
let gateway: GatewayHost;
let stateDir: string;
beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'sluice-gateway-'));
  gateway = await startGatewayHost({ stateDir, adminToken: 'secret', pingEveryMs: 200 });
  fix = await fixture({ gateway: { url: gateway.url, adminUrl: gateway.adminUrl, token: 'secret' } });
});
afterEach(() => traffic({}));
afterAll(async () => {
  await gateway.close();
  await Promise.all([fix.remove(), rm(stateDir, { recursive: true, force: true })]);
});

async function candidate(id: string, behaviour: Record<string, unknown>): Promise<Candidate & { model: Model }> {
  const model = await fix.model({ ...behaviour, name: id });
  return { id, digest: model.digest, uri: model.uri, bytes: model.bytes, registered: null, model };
}

async function started(id: string, behaviour: Record<string, unknown> = {}) {
  const made = await candidate(id, behaviour);
  const outcome = await startVersionActivity(fix.context)({ endpoint: 'demo', candidate: made });
  return { ...outcome, candidate: made };
}

function traffic(weights: Record<string, number>, mirror: { version: string; percent: number } | null = null) {
  return setTrafficActivity(fix.context)({
    endpoint: 'demo',
    weights,
    mirror,
    lease: null,
    unready: false,
    expect: null,
  });
}

/** As a rollout sets it: with a lease that its watcher renews. */
function split(weights: Record<string, number>, mirror: Mirror | null = null) {
  const lease = { ms: 10_000, fallback: { v1: 100 } };
  return setTrafficActivity(fix.context)({ endpoint: 'demo', weights, mirror, lease, unready: false, expect: null });
}

function watch(more: Partial<WatchInput>, health: Parameters<typeof canary>[1] = {}) {
  const spec = canary([50], { ...health, health: { interval: 250, latencyFactor: 1000, ...health.health } });
  return watchTrafficActivity(fix.context)({
    endpoint: 'demo',
    candidate: 'v2',
    stable: 'v1',
    spec,
    phase: 'canary 50 %',
    since: Date.now(),
    hold: 3_000,
    extend: 5_000,
    weights: { v1: 50, [more.candidate ?? 'v2']: 50 },
    restarts: 0,
    memory: null,
    ...more,
  });
}

async function call(row: Record<string, unknown> = { x: 1 }): Promise<number> {
  const response = await fetch(`${gateway.url}/demo/invocations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ dataframe_records: [row] }),
  });
  await response.arrayBuffer();
  return response.status;
}

/** Calls until it is told to stop. */
function load(row?: Record<string, unknown>): () => Promise<void> {
  let running = true;
  const loop = (async () => {
    while (running) {
      await call(row).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  return async () => {
    running = false;
    await loop;
  };
}

describe('a version', () => {
  test('is started without traffic, and starting it again changes nothing', async () => {
    const { ready } = await started('v1');
    expect(ready).toBe(true);
    const first = await gatewayApi(fix.context).version('demo', 'v1');
    expect((await started('v1')).ready).toBe(true);
    expect(await gatewayApi(fix.context).version('demo', 'v1')).toMatchObject({
      pid: (first as never as { pid: number }).pid,
    });
    expect(await call()).toBe(503);
  });

  test('that cannot start says why and is not left behind', async () => {
    const { ready, reason } = await started('broken', { ping: 'exit' });
    expect(ready).toBe(false);
    expect(reason).toContain('cannot load the weights');
    expect(await gatewayApi(fix.context).version('demo', 'broken')).toBe(null);
  });

  test('whose model is not in the store is an answer, not an error that would end the endpoint', async () => {
    const lost = await candidate('lost', {});
    await fix.context.store.discard([lost.model], []);
    const outcome = await startVersionActivity(fix.context)({ endpoint: 'demo', candidate: lost });
    expect(outcome).toMatchObject({ ready: false, reason: expect.stringContaining('not in the store') });
  });

  test('left over from another command gives way to the new one', async () => {
    const made = await candidate('reused', { add: 1 });
    const api = gatewayApi(fix.context);
    await api.putEndpoint('demo', {});
    await api.putVersion('demo', 'reused', {
      digest: made.digest,
      command: [process.execPath, '-e', 'setInterval(() => {}, 1000)'],
      cwd: fix.context.root,
      env: {},
      modelPath: '/nowhere',
      readyTimeoutMs: 60_000,
    });
    expect(await startVersionActivity(fix.context)({ endpoint: 'demo', candidate: made })).toEqual({
      ready: true,
      reason: null,
      restarts: 0,
    });
    await stopVersionActivity(fix.context)({ endpoint: 'demo', id: 'reused' });
  });

  test('is stopped once, and stopping it again is fine', async () => {
    await started('short-lived');
    await stopVersionActivity(fix.context)({ endpoint: 'demo', id: 'short-lived' });
    await stopVersionActivity(fix.context)({ endpoint: 'demo', id: 'short-lived' });
    await stopVersionActivity(fix.context)({ endpoint: 'no-such-endpoint', id: 'v1' });
    expect(await gatewayApi(fix.context).version('demo', 'short-lived')).toBe(null);
  });
});

describe('traffic', () => {
  test('is in force when the call returns, and may be set twice', async () => {
    await started('v1');
    const { at } = await traffic({ v1: 100 });
    expect(await call()).toBe(200);
    expect(at).toBeLessThanOrEqual(Date.now());
    await traffic({ v1: 100, gone: 0 });
    expect(await call()).toBe(200);
  });

  test('for a version that is not there is refused, and what served serves on', async () => {
    await started('v1');
    await traffic({ v1: 100 });
    const back = {
      endpoint: 'demo',
      weights: { nowhere: 100 },
      mirror: null,
      lease: null,
      unready: true,
      expect: null,
    };
    const { refused } = await setTrafficActivity(fix.context)(back);
    expect(refused).toContain('nowhere');
    expect(await call()).toBe(200);
  }, 30_000);

  test('goes back to a version that runs and does not answer /ping', async () => {
    await started('v1');
    await started('mute', { pingAfter: 2 });
    await traffic({ v1: 100 });
    await vi.waitFor(
      async () => expect((await gatewayApi(fix.context).version('demo', 'mute'))?.state).toBe('unhealthy'),
      {
        timeout: 20_000,
        interval: 100,
      },
    );
    const back = { endpoint: 'demo', weights: { mute: 100 }, mirror: null, lease: null, unready: true, expect: null };
    expect(await setTrafficActivity(fix.context)(back)).toMatchObject({ refused: null });
    expect(await call()).toBe(200);
    await traffic({ v1: 100 });
    await stopVersionActivity(fix.context)({ endpoint: 'demo', id: 'mute' });
  }, 60_000);

  test('a split that nobody watches goes back by itself', async () => {
    await Promise.all([started('v1'), started('v2')]);
    const lease = { ms: 1_000, fallback: { v1: 100 } };
    const weights = { v1: 50, v2: 50 };
    await setTrafficActivity(fix.context)({
      endpoint: 'demo',
      weights,
      mirror: null,
      lease,
      unready: false,
      expect: null,
    });
    await vi.waitFor(
      async () => {
        const state = await gatewayApi(fix.context).endpoint('demo');
        expect(state?.weights).toEqual({ v1: 100 });
        expect(state?.reverted).toMatchObject({ from: weights, to: { v1: 100 }, note: null });
      },
      { timeout: 20_000, interval: 100 },
    );
    await stopVersionActivity(fix.context)({ endpoint: 'demo', id: 'v2' });
  }, 60_000);

  test('taken off an endpoint that does not exist is done', async () => {
    await setTrafficActivity(fix.context)({
      endpoint: 'nothing-here',
      weights: {},
      mirror: null,
      lease: null,
      unready: false,
      expect: null,
    });
  });
});

describe('watching', { timeout: 60_000 }, () => {
  test('a good candidate under load passes after its time', async () => {
    await Promise.all([started('v1', { add: 1 }), started('v2', { add: 2 })]);
    const { at } = await split({ v1: 50, v2: 50 });
    const stop = load();
    const outcome = await watch({ since: at });
    await stop();
    expect(outcome).toMatchObject({ verdict: 'pass', reason: null });
    await stopVersionActivity(fix.context)({ endpoint: 'demo', id: 'v2' }).catch(() => {});
  });

  test('a candidate that fails requests is found within seconds of its first bad answer', async () => {
    await started('v1');
    await started('bad', { rules: { k: 'status' } });
    const { at } = await split({ v1: 50, bad: 50 });
    const stop = load({ key: 'k' });
    const outcome = await watch({ since: at, hold: 60_000, candidate: 'bad' });
    const seen = Date.now();
    await stop();
    expect(outcome.verdict).toBe('fail');
    expect(outcome.firstBadAt).toBeGreaterThanOrEqual(at - 1000);
    expect(seen - (outcome.firstBadAt ?? 0)).toBeLessThan(10_000);
    await traffic({ v1: 100 });
    expect(await call({ key: 'k' })).toBe(200);
    await stopVersionActivity(fix.context)({ endpoint: 'demo', id: 'bad' });
  });

  test('a candidate whose process dies fails at once, without any traffic', async () => {
    await started('v1');
    await started('dies');
    const { at } = await split({ v1: 100 });
    const detail = (await gatewayApi(fix.context).version('demo', 'dies')) as { pid?: number } | null;
    const watching = watch({ since: at, hold: 60_000, candidate: 'dies', weights: { v1: 100 } });
    process.kill(detail?.pid ?? 0, 'SIGKILL');
    expect(await watching).toMatchObject({ verdict: 'fail', reason: expect.stringContaining('server process') });
    await stopVersionActivity(fix.context)({ endpoint: 'demo', id: 'dies' });
  });

  test('a shadow is judged by its copies', async () => {
    await started('v1');
    await started('shadow', { rules: { k: 'status' } });
    const { at } = await split({ v1: 100 }, { version: 'shadow', percent: 100 });
    const stop = load({ key: 'k' });
    const outcome = await watch({
      since: at,
      hold: 60_000,
      candidate: 'shadow',
      phase: 'shadow',
      weights: { v1: 100 },
    });
    await stop();
    expect(outcome.verdict).toBe('fail');
    expect(outcome.evidence.map(({ metric }) => metric)).toContain(
      'mirrored requests that only the stable version answers',
    );
    await traffic({ v1: 100 });
    await stopVersionActivity(fix.context)({ endpoint: 'demo', id: 'shadow' });
  });
});

test('what a shadow answered is kept and judged, the same each time, and its phase keeps its lease', {
  timeout: 60_000,
}, async () => {
  await started('v1', { add: 1 });
  const { candidate: wild } = await started('wild', { add: 400 });
  const { at: since } = await split({ v1: 100 }, { version: 'wild', percent: 100, keep: true });
  const lease = async () => (await gatewayApi(fix.context).endpoint('demo'))?.lease?.expiresAt ?? 0;
  const before = await lease();
  const { shadowChecks } = canary([5], { shadow: { percent: 100, checks: [column('prediction').between(0, 405)] } });
  const judge = (until: number) => {
    if (shadowChecks === undefined) throw new TypeError('no checks');
    const input = { endpoint: 'demo', candidate: wild, checks: shadowChecks, since, until, least: 5, renew: 1_000 };
    return checkShadowActivity(fix.context)(input);
  };
  expect(await judge(Date.now())).toMatchObject({ verdict: 'inconclusive', rows: 0 });
  for (let x = 0; x < 10; x += 1) expect(await call({ x })).toBe(200);
  const { until, outcome } = await vi.waitFor(
    async () => {
      const now = Date.now();
      const found = await judge(now);
      expect(found.rows).toBe(10);
      return { until: now, outcome: found };
    },
    { timeout: 30_000, interval: 200 },
  );
  expect(outcome).toMatchObject({ verdict: 'fail', rows: 10 });
  expect(outcome.reason).toMatch(/^shadow: prediction between 0 and 405: 4 of 10 unexpected: 40\d/);
  expect(await lease()).toBeGreaterThan(before);
  for (let x = 0; x < 10; x += 1) await call({ x });
  expect(await judge(until)).toEqual(outcome);
  await traffic({ v1: 100 });
  await stopVersionActivity(fix.context)({ endpoint: 'demo', id: 'wild' });
});

test('what the gateway captured is replayed', { timeout: 60_000 }, async () => {
  const { candidate: stable } = await started('v1');
  await traffic({ v1: 100 });
  for (let i = 0; i < 30; i += 1) await call({ x: i, key: `k${i}` });
  fix.endpoint = { stable };
  const ref = { workflowId: 'p/1', pipeline: 'p', step: 'replay', name: 'replay', keys: {} };
  const model = await fix.model({ rules: { k3: 'status' } });
  await vi.waitFor(
    async () => {
      const report = await replayActivity(fix.context)({
        ref,
        parentRunId: null,
        spec: {
          kind: 'replay',
          name: 'replay',
          model,
          endpoint: 'demo',
          last: 600_000,
          limit: 1000,
          confirm: 3,
          deadline: 5_000,
          maxStale: 0.05,
          seed: 0,
          on: null,
          temporal: null,
        },
      });
      expect(report.verdict).toBe('fail');
      expect(report.evidence[0]).toMatchObject({ value: 1 });
    },
    { timeout: 30_000, interval: 500 },
  );
});
