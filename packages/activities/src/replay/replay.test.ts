import { ErrorCode } from '@sluice/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { call, calls, type ReplayStand, replayStand } from './testing/replay-stand.ts';

let stand: ReplayStand;

beforeEach(async () => {
  stand = await replayStand();
});
afterEach(() => stand.close());

const captured: ReplayStand['captured'] = (lines) => stand.captured(lines);
const deployed: ReplayStand['deployed'] = (behaviour) => stand.deployed(behaviour);
const run: ReplayStand['run'] = (model, options) => stand.run(model, options);
const full: ReplayStand['full'] = (report) => stand.full(report);

describe('a replay', () => {
  test('passes when the new version answers all that the old one answers, and prints the bound', async () => {
    captured(calls(300));
    const old = await deployed({ add: 1 });
    const report = await run(await stand.fix.model({ add: 2 }));
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
    captured(calls(20));
    await deployed({});
    const report = await run(await stand.fix.model({ add: 1, rules: { k7: rule } }), {
      deadline: rule === 'hang' ? 300 : 5000,
    });
    expect(report.verdict).toBe('fail');
    expect(report.evidence[0]).toMatchObject({ verdict: 'fail', value: 1 });
    expect(report.evidence[1]).toMatchObject({ metric: 'regression', slice: 'POST /invocations' });
    const { regressions } = await full(report);
    expect(regressions).toMatchObject([{ id: 'r7', why, old: { status: 200 } }]);
  });

  test('leaves out what failed when it was captured', async () => {
    captured([...calls(20), call('bad', { key: 'kbad' }, { status: 500 })]);
    await deployed({});
    const report = await run(await stand.fix.model({ add: 1, rules: { kbad: 'status' } }));
    expect(report.verdict).toBe('pass');
    expect((await full(report)).counts).toMatchObject({ captured: 21, failedWhenCaptured: 1, sent: 20 });
  });

  test('calls a request stale that the old version fails now, and never holds it against the new one', async () => {
    captured(calls(40));
    await deployed({ rules: { k3: 'status' } });
    const report = await run(await stand.fix.model({ add: 1, rules: { k3: 'status' } }));
    expect(report.verdict).toBe('pass');
    expect((await full(report)).counts).toMatchObject({ stale: 1, passed: 39, regressions: 0 });
  });

  test('is inconclusive when too many are stale', async () => {
    captured(calls(40));
    await deployed({ rules: { k1: 'status', k2: 'status', k3: 'status' } });
    expect((await run(await stand.fix.model({}))).verdict).toBe('inconclusive');
    expect((await run(await stand.fix.model({}), { maxStale: 0.1 })).verdict).toBe('pass');
  });

  test.each([Number.NaN, -1])('lets nothing pass under a limit of stale requests that is %d', async (maxStale) => {
    captured(calls(20));
    await deployed({});
    expect((await run(await stand.fix.model({ add: 1 }), { maxStale })).verdict).toBe('inconclusive');
  });

  test('calls a request flaky that fails once and then succeeds, and does not block on a few', async () => {
    captured(calls(40));
    await deployed({});
    const report = await run(await stand.fix.model({ add: 1, rules: { k3: 'flaky' } }));
    expect(report.verdict).toBe('pass');
    expect((await full(report)).flaky).toMatchObject([{ id: 'r3' }]);
  });

  test('counts the first failure where one is enough', async () => {
    captured(calls(40));
    await deployed({});
    const report = await run(await stand.fix.model({ add: 1, rules: { k3: 'flaky' } }), { confirm: 1 });
    expect(report.verdict).toBe('fail');
  });

  test('works when both are the same model', async () => {
    captured(calls(10));
    expect((await run(await deployed({ add: 1 }))).verdict).toBe('pass');
  });

  test('lists 20 rows and keeps every regression in the report', async () => {
    captured(calls(60));
    await deployed({});
    const rules = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, 'status']));
    const report = await run(await stand.fix.model({ rules }), { confirm: 2 });
    expect(report.evidence).toHaveLength(20);
    expect((await full(report)).regressions).toHaveLength(50);
  });

  test('says the same twice', async () => {
    captured(calls(50));
    await deployed({});
    const model = await stand.fix.model({ add: 1, rules: { k7: 'status' } });
    expect(await run(model, { limit: 30 })).toEqual(await run(model, { limit: 30 }));
  });
});

describe('without something to replay', () => {
  test('an empty endpoint passes, because there is nothing to regress from', async () => {
    const report = await run(await stand.fix.model({}));
    expect(report).toMatchObject({ verdict: 'pass', baseline: null });
    expect(report.evidence[0]).toMatchObject({ n: 0, note: expect.stringContaining('nothing to regress from') });
  });

  test('a deployed endpoint without captured requests is inconclusive', async () => {
    await deployed({});
    expect((await run(await stand.fix.model({ add: 1 }))).verdict).toBe('inconclusive');
  });

  test('requests from before the window do not count', async () => {
    captured([call('old', { x: 1 }, { at: new Date(Date.now() - 120_000).toISOString() })]);
    await deployed({});
    expect((await run(await stand.fix.model({ add: 1 }))).verdict).toBe('inconclusive');
  });

  test('an old version that cannot be served is an error, not a pass', async () => {
    captured(calls(5));
    await deployed({ ping: 'exit' });
    const report = await run(await stand.fix.model({}));
    expect(report.verdict).toBe('error');
    expect(report.evidence[0]?.note).toContain('cannot load the weights');
  });

  test('a gateway that does not answer is tried again later', async () => {
    await deployed({});
    stand.gateway.close();
    stand.gateway.closeAllConnections();
    await expect(run(await stand.fix.model({ add: 1 }))).rejects.toMatchObject({
      code: ErrorCode.Unreachable,
      permanent: false,
    });
  });
});

describe('captured lines', () => {
  test('that are malformed are counted and never fatal', async () => {
    captured(['{"id":"cut', 'null', '[]', '{"id":1}', '', ...calls(5)]);
    captured(['{"id":"half']);
    await deployed({});
    const report = await run(await stand.fix.model({ add: 1 }));
    expect(report.verdict).toBe('pass');
    expect((await full(report)).counts).toMatchObject({ malformedLines: 5, sent: 5 });
  });

  test('whose body was left out are counted and not sent', async () => {
    captured([...calls(3), call('gone', {}, { body: undefined, bodyLeftOut: true })]);
    await deployed({});
    const report = await run(await stand.fix.model({ add: 1 }));
    expect((await full(report)).counts).toMatchObject({ captured: 4, withoutBody: 1, sent: 3 });
    expect(report.evidence.map(({ note }) => note).join()).toContain('left out: 1 without their body');
  });

  test('that their callers gave the same id, or marked as a copy, all count', async () => {
    const same = { requestId: 'mine', headers: { 'x-sluice-shadow': '1' } };
    captured([call('a', { x: 1 }, same), call('b', { x: 2 }, same)]);
    await deployed({});
    expect((await full(await run(await stand.fix.model({ add: 1 })))).counts).toMatchObject({ captured: 2, sent: 2 });
  });

  test('keep their bytes: text beyond ASCII, and bodies that are no text', async () => {
    captured([
      call('text', { x: 1, name: 'Zürich 東京 🚀' }),
      call(
        'bytes',
        {},
        { path: '/raw?q=1', body: undefined, bodyBase64: Buffer.from([0xff, 0xfe, 0]).toString('base64') },
      ),
      call('get', {}, { method: 'GET', path: '/version', body: '' }),
    ]);
    await deployed({});
    const report = await run(await stand.fix.model({ add: 1 }));
    expect(report.verdict).toBe('pass');
    expect((await full(report)).coverage.map(({ route }) => route).sort()).toEqual([
      'GET /version',
      'POST /invocations',
      'POST /raw',
    ]);
  });

  test('that are gone when they are read again are left out', async () => {
    captured(calls(5));
    stand.gateway.removeAllListeners('request');
    stand.gateway.on('request', (_, response) => {
      const text = String(stand.text);
      response.end(text);
      stand.text = text.split('\n').slice(2).join('\n');
    });
    await deployed({});
    expect((await full(await run(await stand.fix.model({ add: 1 })))).counts).toMatchObject({ captured: 5, sent: 3 });
  });

  test('that break off are asked for again later, never taken for all there is', async () => {
    stand.gateway.removeAllListeners('request');
    stand.gateway.on('request', (_, response) => {
      response.write(`${JSON.stringify(call('first', { x: 1 }))}\n`, () => response.destroy());
    });
    await deployed({});
    await expect(run(await stand.fix.model({ add: 1 }))).rejects.toMatchObject({ code: ErrorCode.Unreachable });
  });

  test('are asked of the gateway by time, and no file is read', async () => {
    captured(calls(5));
    await deployed({});
    await run(await stand.fix.model({ add: 1 }));
    expect(stand.asked).toHaveLength(2);
    for (const url of stand.asked) expect(url).toMatch(/^\/endpoints\/demo\/requests\?since=\d+$/);
  });
});

describe('what was asked and answered', () => {
  test('stays out of the evidence, which travels into histories', async () => {
    captured(calls(5).map((one) => ({ ...one, body: one.body.replace('"x":', '"hush":"hush","x":') })));
    await deployed({ extra: { hush: 'hush' } });
    for (const rule of ['status', 'short', 'text']) {
      const report = await run(await stand.fix.model({ add: 1, extra: { hush: 'hush' }, rules: { k3: rule } }));
      expect(report.verdict).toBe('fail');
      const text = JSON.stringify(report.evidence);
      expect(text).toContain('request r3');
      expect(text).not.toMatch(/hush|predictions/);
    }
  });

  test('is redacted in the report as the endpoint says, in fresh answers too', async () => {
    const redact = { json: ['dataframe_records.*.name', 'predictions'] };
    const demo = stand.fix.context.config.endpoints?.demo ?? expect.fail('no endpoint');
    Object.assign(demo, { capture: { redact } });
    captured([call('r0', { key: 'k0', name: 'Ada', x: 77 })]);
    await deployed({});
    const report = await run(await stand.fix.model({ add: 1, rules: { k0: 'short' } }));
    const [regression] = (await full(report)).regressions;
    expect(regression).toMatchObject({ body: expect.stringContaining('"name":"[redacted]"') });
    expect(regression?.old).toMatchObject({ text: '{"predictions":[0]}' });
  });
});

describe('the sample', () => {
  test('takes rare routes and rare inputs whole', async () => {
    captured([
      ...calls(500),
      call('rare', { x: 1 }, { path: '/explain' }),
      call('nulls', { x: null }),
      ...Array.from({ length: 30 }, (_, i) =>
        call(`batch${i}`, {}, { body: '{"dataframe_records":[{"x":1},{"x":2}]}' }),
      ),
    ]);
    await deployed({});
    const report = await run(await stand.fix.model({ add: 1 }), { limit: 100 });
    const { coverage, counts, failureBound, capturedBound } = await full(report);
    expect(counts.sent).toBe(100);
    // 1 − 0.05^(1/100) = 2.95 % would hold for a hundred drawn from all alike; of common calls fewer were sent.
    expect(failureBound).toBeGreaterThan(0.033);
    expect(failureBound).toBeLessThan(0.04);
    expect(capturedBound).toMatchObject({ of: 532 });
    expect(report.evidence[0]?.note).toContain(`of those captured at most ${capturedBound?.most}`);
    const sent = (what: string) =>
      coverage.find(({ route, inputClass }) => `${route} ${inputClass}`.includes(what))?.sent;
    expect(sent('/explain')).toBe(1);
    expect(sent('{x: null}')).toBe(1);
    expect(sent('[n ×')).toBeGreaterThan(5);
    expect(coverage.reduce((sum, { captured: count }) => sum + count, 0)).toBe(532);
  });

  test('is the same for the same seed and another for another', async () => {
    const rules = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`k${i}`, 'status']));
    captured(calls(200));
    await deployed({});
    const model = await stand.fix.model({ rules });
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
