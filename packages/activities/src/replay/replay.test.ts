import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Candidate, ErrorCode, type Model, type ReplaySpec, type Report } from '@sluice/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Fixture, fixture } from '../serving/testing/fixture-context.ts';
import { replayActivity } from './replay.ts';

let fix: Fixture;
let gateway: Server;
let files: string[];

beforeEach(async () => {
  files = [];
  gateway = createServer((_, response) => {
    response.end(JSON.stringify({ files: files.map((path) => ({ path, bytes: 0, lastAt: 0 })), count: 0 }));
  });
  await new Promise<void>((done) => gateway.listen(0, '127.0.0.1', done));
  const adminUrl = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
  fix = await fixture({ gateway: { url: adminUrl, adminUrl } });
});
afterEach(async () => {
  gateway.close();
  await fix.remove();
});

/** A captured call of `/invocations` with one row. */
function call(id: string, row: Record<string, unknown>, overrides: Record<string, unknown> = {}) {
  return {
    id,
    at: new Date().toISOString(),
    endpoint: 'demo',
    method: 'POST',
    path: '/invocations',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ dataframe_records: [row] }),
    status: 200,
    responseBody: '{"predictions":[1]}',
    latencyMs: 3,
    version: 'v1',
    digest: 'sha256:0',
    ...overrides,
  };
}

function calls(n: number) {
  return Array.from({ length: n }, (_, i) => call(`r${i}`, { key: `k${i}`, x: i }));
}

async function captured(lines: (object | string)[], name = 'segment.jsonl'): Promise<void> {
  const folder = join(fix.context.stateDir, 'captures');
  await mkdir(folder, { recursive: true });
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  await writeFile(join(folder, name), `${text}\n`);
  files.push(join(folder, name));
}

async function deployed(behaviour: Record<string, unknown>): Promise<Model> {
  const model = await fix.model(behaviour);
  const stable: Candidate = {
    digest: model.digest,
    uri: model.uri,
    bytes: model.bytes,
    id: 'v1',
    registered: null,
  };
  fix.endpoint = { stable };
  return model;
}

function run(model: Model, options: Partial<ReplaySpec> = {}): Promise<Report> {
  const ref = { workflowId: 'p/1', pipeline: 'p', step: 'recent', name: 'recent', keys: {} };
  const spec: ReplaySpec = {
    kind: 'replay',
    name: 'recent',
    model,
    endpoint: 'demo',
    last: 60_000,
    limit: 1000,
    confirm: 3,
    deadline: 2_000,
    maxStale: 0.05,
    seed: 0,
    on: null,
    temporal: null,
    ...options,
  };
  return replayActivity(fix.context)({ ref, spec, parentRunId: null });
}

interface Full {
  counts: Record<string, number>;
  failureBound: number | null;
  regressions: { id: string; why: string; route: string; old: { status: number }; new: { status: number | null } }[];
  flaky: { id: string }[];
  coverage: { route: string; inputClass: string; captured: number; sent: number }[];
}

async function full(report: Report): Promise<Full> {
  return (await fix.report(report.report)) as Full;
}

describe('a replay', () => {
  test('passes when the new version answers all that the old one answers, and prints the bound', async () => {
    await captured(calls(300));
    const old = await deployed({ add: 1 });
    const report = await run(await fix.model({ add: 2 }));
    expect(report).toMatchObject({ verdict: 'pass', baseline: old.digest });
    expect(report.evidence[0]).toMatchObject({ metric: 'requests that fail on the candidate only', value: 0, n: 300 });
    expect(report.evidence[0]?.note).toContain('fewer than 0.99 %');
    expect((await full(report)).failureBound).toBeCloseTo(0.0099361, 6);
  });

  test.each([
    ['status', 'status 500, was 200'],
    ['bad-request', 'status 400, was 200'],
    ['short', '$.predictions has 0 items, had 1'],
    ['null', '$.predictions[0] is null, was number'],
    ['text', '$.predictions[0] is string, was number'],
    ['hang', 'no whole answer within 300 ms'],
    ['crash', 'connection broken'],
  ])('fails on a single regression: a request that ends in %s', async (rule, why) => {
    await captured(calls(20));
    await deployed({});
    const report = await run(await fix.model({ add: 1, rules: { k7: rule } }), {
      deadline: rule === 'hang' ? 300 : 5000,
    });
    expect(report.verdict).toBe('fail');
    expect(report.evidence[0]).toMatchObject({ verdict: 'fail', value: 1 });
    expect(report.evidence[1]).toMatchObject({ metric: 'regression', slice: 'POST /invocations' });
    const { regressions } = await full(report);
    expect(regressions).toMatchObject([{ id: 'r7', why, old: { status: 200 } }]);
  });

  test('leaves out what failed when it was captured', async () => {
    await captured([...calls(20), call('bad', { key: 'kbad' }, { status: 500 })]);
    await deployed({});
    const report = await run(await fix.model({ add: 1, rules: { kbad: 'status' } }));
    expect(report.verdict).toBe('pass');
    expect((await full(report)).counts).toMatchObject({ captured: 21, failedWhenCaptured: 1, sent: 20 });
  });

  test('calls a request stale that the old version fails now, and never holds it against the new one', async () => {
    await captured(calls(40));
    await deployed({ rules: { k3: 'status' } });
    const report = await run(await fix.model({ add: 1, rules: { k3: 'status' } }));
    expect(report.verdict).toBe('pass');
    expect((await full(report)).counts).toMatchObject({ stale: 1, passed: 39, regressions: 0 });
  });

  test('is inconclusive when too many are stale', async () => {
    await captured(calls(40));
    await deployed({ rules: { k1: 'status', k2: 'status', k3: 'status' } });
    expect((await run(await fix.model({}))).verdict).toBe('inconclusive');
    expect((await run(await fix.model({}), { maxStale: 0.1 })).verdict).toBe('pass');
  });

  test('calls a request flaky that fails once and then succeeds, and does not block on a few', async () => {
    await captured(calls(40));
    await deployed({});
    const report = await run(await fix.model({ add: 1, rules: { k3: 'flaky' } }));
    expect(report.verdict).toBe('pass');
    expect((await full(report)).flaky).toMatchObject([{ id: 'r3' }]);
  });

  test('counts the first failure where one is enough', async () => {
    await captured(calls(40));
    await deployed({});
    const report = await run(await fix.model({ add: 1, rules: { k3: 'flaky' } }), { confirm: 1 });
    expect(report.verdict).toBe('fail');
  });

  test('works when both are the same model', async () => {
    await captured(calls(10));
    expect((await run(await deployed({ add: 1 }))).verdict).toBe('pass');
  });

  test('lists 20 rows and keeps every regression in the report', async () => {
    await captured(calls(60));
    await deployed({});
    const rules = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, 'status']));
    const report = await run(await fix.model({ rules }), { confirm: 2 });
    expect(report.evidence).toHaveLength(20);
    expect((await full(report)).regressions).toHaveLength(50);
  });

  test('says the same twice', async () => {
    await captured(calls(50));
    await deployed({});
    const model = await fix.model({ add: 1, rules: { k7: 'status' } });
    expect(await run(model, { limit: 30 })).toEqual(await run(model, { limit: 30 }));
  });
});

describe('without something to replay', () => {
  test('an empty endpoint passes, because there is nothing to regress from', async () => {
    const report = await run(await fix.model({}));
    expect(report).toMatchObject({ verdict: 'pass', baseline: null });
    expect(report.evidence[0]).toMatchObject({ n: 0, note: expect.stringContaining('nothing to regress from') });
  });

  test('a deployed endpoint without captured requests is inconclusive', async () => {
    await deployed({});
    expect((await run(await fix.model({ add: 1 }))).verdict).toBe('inconclusive');
  });

  test('requests from before the window do not count', async () => {
    await captured([call('old', { x: 1 }, { at: new Date(Date.now() - 120_000).toISOString() })]);
    await deployed({});
    expect((await run(await fix.model({ add: 1 }))).verdict).toBe('inconclusive');
  });

  test('an old version that cannot be served is an error, not a pass', async () => {
    await captured(calls(5));
    await deployed({ ping: 'exit' });
    const report = await run(await fix.model({}));
    expect(report.verdict).toBe('error');
    expect(report.evidence[0]?.note).toContain('cannot load the weights');
  });

  test('a gateway that does not answer is tried again later', async () => {
    await deployed({});
    gateway.close();
    gateway.closeAllConnections();
    await expect(run(await fix.model({ add: 1 }))).rejects.toMatchObject({
      code: ErrorCode.Unreachable,
      permanent: false,
    });
  });
});

describe('captured lines', () => {
  test('that are malformed are counted and never fatal', async () => {
    await captured(['{"id":"cut', 'null', '[]', '{"id":1}', '', ...calls(5)]);
    await writeFile(files[0] ?? '', '{"id":"half', { flag: 'a' });
    await deployed({});
    const report = await run(await fix.model({ add: 1 }));
    expect(report.verdict).toBe('pass');
    expect((await full(report)).counts).toMatchObject({ malformedLines: 5, sent: 5 });
  });

  test('that are copies for a shadow or written twice count once or not at all', async () => {
    const twice = call('again', { x: 1 });
    await captured([twice, twice, call('copy', { x: 2 }, { headers: { 'X-Sluice-Shadow': '1' } })]);
    await deployed({});
    expect((await full(await run(await fix.model({ add: 1 })))).counts).toMatchObject({
      captured: 1,
      shadowCopies: 1,
      sent: 1,
    });
  });

  test('keep their bytes: text beyond ASCII, and bodies that are no text', async () => {
    await captured([
      call('text', { x: 1, name: 'Zürich 東京 🚀' }),
      call(
        'bytes',
        {},
        { path: '/raw?q=1', body: undefined, bodyBase64: Buffer.from([0xff, 0xfe, 0]).toString('base64') },
      ),
      call('get', {}, { method: 'GET', path: '/version', body: '' }),
    ]);
    await deployed({});
    const report = await run(await fix.model({ add: 1 }));
    expect(report.verdict).toBe('pass');
    expect((await full(report)).coverage.map(({ route }) => route).sort()).toEqual([
      'GET /version',
      'POST /invocations',
      'POST /raw',
    ]);
  });

  test('of files that were deleted meanwhile are left out', async () => {
    await captured(calls(5));
    files.push(join(fix.context.stateDir, 'captures', 'deleted.jsonl'));
    await deployed({});
    const report = await run(await fix.model({ add: 1 }));
    expect(report.verdict).toBe('pass');
  });
});

describe('the sample', () => {
  test('takes rare routes and rare inputs whole', async () => {
    await captured([
      ...calls(500),
      call('rare', { x: 1 }, { path: '/explain' }),
      call('nulls', { x: null }),
      ...Array.from({ length: 30 }, (_, i) =>
        call(`batch${i}`, {}, { body: '{"dataframe_records":[{"x":1},{"x":2}]}' }),
      ),
    ]);
    await deployed({});
    const { coverage, counts } = await full(await run(await fix.model({ add: 1 }), { limit: 100 }));
    expect(counts.sent).toBe(100);
    const sent = (what: string) =>
      coverage.find(({ route, inputClass }) => `${route} ${inputClass}`.includes(what))?.sent;
    expect(sent('/explain')).toBe(1);
    expect(sent('{x: null}')).toBe(1);
    expect(sent('[n ×')).toBeGreaterThan(5);
    expect(coverage.reduce((sum, { captured: count }) => sum + count, 0)).toBe(532);
  });

  test('is the same for the same seed and another for another', async () => {
    const rules = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`k${i}`, 'status']));
    await captured(calls(200));
    await deployed({});
    const model = await fix.model({ rules });
    const ids = async (seed: number) => {
      const { regressions } = await full(await run(model, { seed, limit: 20, confirm: 1 }));
      return regressions.map(({ id }) => id).sort();
    };
    const one = await ids(1);
    expect(one).toHaveLength(20);
    expect(await ids(1)).toEqual(one);
    expect(await ids(2)).not.toEqual(one);
  });
});
