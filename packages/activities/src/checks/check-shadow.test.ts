import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { canary, column, type ShadowInput, type ShadowOptions } from '@sluice/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Fixture, fixture } from '../serving/testing/fixture-context.ts';
import { checkShadow, checkShadowActivity } from './check-shadow.ts';

let fix: Fixture;
let gateway: Server;
/** Lines that the gateway has kept, the newest first. */
let lines: (object | string)[];
let renewals: number;

beforeEach(async () => {
  lines = [];
  renewals = 0;
  gateway = createServer((request, response) => {
    if (request.method === 'POST') renewals += 1;
    const found = request.url?.startsWith('/endpoints/demo/shadow') === true;
    const text = lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
    response.writeHead(found ? 200 : 404).end(found ? text : '{}');
  });
  await new Promise<void>((done) => gateway.listen(0, '127.0.0.1', done));
  const adminUrl = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
  fix = await fixture({ gateway: { url: adminUrl, adminUrl } });
});
afterEach(async () => {
  gateway.close();
  await fix.remove();
});

const SINCE = 1_800_000_000_000;
const candidate = { id: 'v2', digest: `sha256:${'2'.repeat(64)}`, uri: 'sluice:tree/2', bytes: 1, registered: null };
const inRange = column('prediction').between(0, 500);

function inputOf(more: Partial<ShadowOptions> = {}): ShadowInput {
  const { shadowChecks } = canary([5], { shadow: { percent: 20, checks: [inRange], ...more } });
  if (shadowChecks === undefined) throw new TypeError('no checks');
  const window = { since: SINCE, until: SINCE + 60_000, least: 2, renew: 1_000 };
  return { endpoint: 'demo', candidate, checks: shadowChecks, ...window };
}

const checked = (more: Partial<ShadowOptions> = {}) => checkShadowActivity(fix.context)(inputOf(more));

/** An answer to a copy, one second after the other. */
function answer(rows: readonly object[], predictions: unknown, more: object = {}) {
  const at = new Date(SINCE + (lines.length + 1) * 1000).toISOString();
  return {
    id: String(lines.length),
    at,
    method: 'POST',
    path: '/invocations',
    headers: {},
    body: JSON.stringify({ dataframe_records: rows }),
    status: 200,
    responseBody: JSON.stringify({ predictions }),
    version: 'v2',
    ...more,
  };
}

function answered(...predictions: unknown[]): void {
  for (const [i, one] of predictions.entries()) lines.push(answer([{ x: i }], [one]));
}

describe('answers of a shadow', () => {
  test('that keep their rules pass, with how many there were', async () => {
    answered(1, 2, 500);
    const result = await checked();
    expect(result).toMatchObject({ verdict: 'pass', reason: null, rows: 3 });
    expect(result.evidence).toMatchObject([
      { metric: 'shadow answers', verdict: 'pass', value: 3, n: 3, note: '3 rows of 3 requests' },
      { metric: 'between 0 and 500', slice: 'prediction', verdict: 'pass', n: 3 },
      { metric: 'not null', slice: 'prediction', verdict: 'pass' },
    ]);
    const report = await fix.report(result.report ?? expect.fail('no report'));
    expect(report).toMatchObject({
      ...{ kind: 'check', endpoint: 'demo', candidate: candidate.digest, since: SINCE, until: SINCE + 60_000 },
      ...{ rows: 3, verdict: 'pass', shadow: { requests: 3, unanswered: 0 }, results: { success: true } },
    });
    expect(renewals).toBeGreaterThan(0);
  });

  test('that break a rule fail, and say which check and how many rows', async () => {
    answered(1, 900, 2, 900);
    const result = await checked();
    expect(result.verdict).toBe('fail');
    expect(result.reason).toBe('shadow: prediction between 0 and 500: 2 of 4 unexpected: 900 (2 times).');
    expect(result.evidence[0]).toMatchObject({ slice: 'prediction', verdict: 'fail', value: 0.5, n: 4 });
  });

  test('are judged beside the rows they are for, several in a request', async () => {
    lines.push(answer([{ floor: 1 }, { floor: 3 }], [2, 2]), answer([{ floor: 0 }], [1]));
    const result = await checked({ checks: [column('prediction').atLeast('floor')] });
    expect(result).toMatchObject({ verdict: 'fail', rows: 3 });
    expect(result.reason).toContain('1 of 3 unexpected');
  });

  test('show nothing of a column that is masked', async () => {
    answered(1, 900.25, 2);
    const result = await checked({ checks: [inRange.masked()] });
    expect(result.reason).toContain('the values are masked');
    const report = await fix.report(result.report ?? expect.fail('no report'));
    expect(JSON.stringify([result, report])).not.toContain('900.25');
  });

  test('of another version, or of another time, are not looked at', async () => {
    answered(1, 2);
    lines.push(answer([{ x: 1 }], [900], { version: 'v1' }));
    lines.push(answer([{ x: 1 }], [900], { at: new Date(SINCE - 1).toISOString() }));
    lines.push(answer([{ x: 1 }], [900], { at: new Date(SINCE + 60_000).toISOString() }));
    expect(await checked()).toMatchObject({ verdict: 'pass', rows: 2 });
  });

  test('are the same whenever they are judged again, whatever has come since', async () => {
    answered(1, 900, 2);
    const first = await checked();
    lines.unshift(answer([{ x: 1 }], [7], { at: new Date(SINCE + 60_001).toISOString() }));
    expect(await checked()).toEqual(first);
  });

  test.each([
    ['are well', inRange, 1],
    ['are far off on the whole', column('prediction').mean(0, 1), 900],
    ['break a rule that some may break', inRange.mostly(0.99), 900],
    ['break one that only warns', inRange.warn(), 900],
    ['cannot be judged', column('score').between(0, 1), 900],
  ])('that are too few and %s are inconclusive', async (_, check, prediction) => {
    answered(prediction);
    const result = await checked({ checks: [check] });
    expect(result).toMatchObject({ verdict: 'inconclusive', rows: 1 });
    expect(result.reason).toBe('shadow: too few answers, >= 2 requests are needed: 1 row of 1 request');
  });

  test('fail however few there are, when one of them breaks a rule that none may break', async () => {
    answered(900);
    expect(await checked()).toMatchObject({
      verdict: 'fail',
      reason: 'shadow: prediction between 0 and 500: 1 of 1 unexpected: 900.',
    });
  });

  test('of which there is none are inconclusive, and say what came instead', async () => {
    const nothing = { body: '', responseBody: '' };
    lines.push(answer([], [], { ...nothing, unkept: 'status', status: 500 }));
    lines.push(answer([], [], { ...nothing, unkept: 'size' }));
    lines.push(answer([], [], { body: 'x=1' }), 'no JSON at all', '{"id":"torn');
    const result = await checked();
    expect(result.verdict).toBe('inconclusive');
    expect(result.reason).toContain(
      '0 rows of 0 requests; 1 answer other than 2xx; 1 answer over 256 KiB; 3 answers to requests without rows',
    );
  });

  test('that are none leave rows without one, which fails unless a check says how many may be', async () => {
    answered(1, 2, null);
    lines.push(answer([{ x: 1 }], [1, 2]), answer([{ x: 1 }], [], { responseBody: '', unkept: 'form' }));
    const result = await checked();
    expect(result.reason).toBe('shadow: prediction not null: 3 of 5 unexpected: null.');
    expect(result.evidence[0]).toMatchObject({ metric: 'not null', verdict: 'fail' });
    const allowed = await checked({ checks: [inRange, column('prediction').notNull().mostly(0.4)] });
    expect(allowed.verdict).toBe('pass');
  });

  test('are held against a reference dataset', async () => {
    answered(...Array.from({ length: 40 }, (_, i) => 1000 + i));
    const { extractDataset } = await import('../extract/extract.ts');
    const more = { params: {}, checks: [], attach: {}, on: null, temporal: null };
    const ref = { workflowId: 'p/1', pipeline: 'demo', step: 'rows', name: 'rows', keys: {} };
    const spec = { kind: 'extract', name: 'rows', sql: 'select range as prediction from range(100)', ...more } as const;
    const signal = new AbortController().signal;
    const reference = await extractDataset(fix.context, { ref, spec, parentRunId: null }, { signal });
    const result = await checked({ reference, checks: [column('prediction').distribution('ks', 0.2)] });
    expect(result.reason).toMatch(/^shadow: prediction KS distance/);
    expect(result.verdict).toBe('fail');
  });

  test.each([
    ['texts', ['a', 'b'], column('prediction').in(['a']), /in "a": 1 of 2 unexpected: b/],
    ['booleans', [true, false], column('prediction').in([true]), /1 of 2 unexpected/],
    ['whole and other numbers', [1, 0.5], inRange, null],
    ['lists', [[1, 2], [3]], column('prediction').notNull(), null],
    ['objects of several shapes', [{ label: 'a' }, { score: 1 }], column('prediction').notNull(), null],
    ['several kinds', [1, 'a'], column('prediction').notNull(), null],
    ['long whole numbers', [2 ** 53, -1], column('prediction').atLeast('x'), /1 of 2 unexpected/],
    ['Unicode', ['Grüße 東京 🌊', ''], column('prediction').length(1, null), /1 of 2 unexpected/],
  ])('may be %s', async (_, predictions, check, reason) => {
    answered(...predictions);
    const result = await checked({ checks: [check] });
    if (reason === null) expect(result).toMatchObject({ verdict: 'pass', rows: 2 });
    else expect(result).toMatchObject({ verdict: 'fail', reason: expect.stringMatching(reason) });
  });

  test('are limited to the newest rows', async () => {
    answered(...Array.from({ length: 50 }, () => 1));
    expect(await checked({ rows: 10 })).toMatchObject({ verdict: 'pass', rows: 10 });
  });
});

describe('what cannot be judged is an error that says why', () => {
  test('when rows have such a column already', async () => {
    lines.push(answer([{ Prediction: 1 }], [1]));
    expect(await checked()).toMatchObject({
      verdict: 'error',
      reason: expect.stringContaining('The rows have a column "prediction" already.'),
      report: null,
    });
  });

  test('when there is no such column', async () => {
    answered(1, 2);
    const result = await checked({ checks: [column('score').between(0, 1)] });
    expect(result).toMatchObject({ verdict: 'error', rows: 2, report: { kind: 'report' } });
    expect(result.reason).toContain('score');
  });

  test('when the gateway does not answer', async () => {
    gateway.close();
    gateway.closeAllConnections();
    const result = await checked();
    expect(result).toMatchObject({ verdict: 'error', reason: expect.stringContaining('does not answer') });
  });
});

test('a phase that is given up while its answers are judged ends without a verdict', async () => {
  answered(1, 2, 3);
  const given = new AbortController();
  const reason = new Error('the rollout was withdrawn');
  const scope = { signal: given.signal, heartbeat: () => {} };
  const judging = checkShadow(fix.context, inputOf(), scope);
  given.abort(reason);
  await expect(judging).rejects.toBe(reason);
});
