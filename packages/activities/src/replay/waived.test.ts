import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasExpired, type Waiver } from '@sluice/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failureBound } from './failure-bound.ts';
import type { Outcome, Replayed } from './replayed.ts';
import type { Sample } from './sample.ts';
import { call, calls, type ReplayStand, replayStand } from './testing/replay-stand.ts';
import { isKind, waivedOf } from './waived.ts';

const known = { reason: 'rows without a key are answered by another service', until: '2999-12-31' };
const kind = { route: 'POST /invocations', inputClass: '{dataframe_records: [1 × {key: string, x: number}]}' };

describe('a waiver in a replay', () => {
  let stand: ReplayStand;
  beforeEach(async () => {
    stand = await replayStand();
  });
  afterEach(() => stand.close());

  async function replayed(waive: Waiver[]) {
    stand.captured([...calls(20), call('null', { key: 'none', x: null })]);
    await stand.deployed({});
    const report = await stand.run(await stand.fix.model({ add: 1, rules: { k7: 'status', none: 'status' } }), {
      waive,
    });
    return { report, full: await stand.full(report), notes: report.evidence.map(({ note }) => note).join('\n') };
  }

  test('of all that fails lets the gate pass, and shows in evidence and report', async () => {
    const { report, full } = await replayed([{ requests: ['r7', 'null'], ...known }]);
    expect(report.verdict).toBe('pass');
    expect(report.evidence).toContainEqual(
      expect.objectContaining({
        metric: 'waived regressions',
        slice: 'request r7 and 1 more',
        value: 2,
        note: `until 2999-12-31: ${known.reason}`,
      }),
    );
    expect(full.counts).toMatchObject({ regressions: 0, waived: 2, passed: 19 });
    expect(full.waived.map(({ id }) => id).sort()).toEqual(['null', 'r7']);
    expect(full.waivers).toMatchObject([{ matched: 2, expired: false, reason: known.reason }]);
  });

  test('of one of two that fail does not let the other pass', async () => {
    const { report, full } = await replayed([
      { kind: 'POST /invocations {dataframe_records: [1 × {key: string, x: null…', ...known },
    ]);
    expect(report.verdict).toBe('fail');
    expect(report.evidence[0]).toMatchObject({ verdict: 'fail', value: 1, n: 20 });
    expect(full.regressions).toMatchObject([{ id: 'r7' }]);
    expect(full.waived).toMatchObject([{ id: 'null' }]);
  });

  test('that has expired counts as none, and says so', async () => {
    const { report, full, notes } = await replayed([
      { requests: ['r7', 'null'], reason: 'was broken', until: '2020-02-29' },
    ]);
    expect(report.verdict).toBe('fail');
    expect(notes).toContain('expired after 2020-02-29, so it counts as none: was broken');
    expect(full.counts).toMatchObject({ regressions: 2, waived: 0 });
  });

  test('does not use up the time of what decides: what it names is confirmed last', async () => {
    stand.captured(calls(20));
    await stand.deployed({});
    const log = join(stand.fix.context.root, 'asked.log');
    const rules = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`k${i}`, 'status']));
    const waive = [{ requests: Array.from({ length: 19 }, (_, i) => `r${i}`), ...known }];
    await stand.run(await stand.fix.model({ log, rules }), { waive, confirm: 2 });
    const asked = (await readFile(log, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[1]);
    // Each once at first, and once more to confirm it: that of the only one that is not waived before the others'.
    expect(asked.slice(-20)).toEqual(expect.arrayContaining(Object.keys(rules)));
    expect(asked.at(-20)).toBe('k19');
  });

  test('that has expired says so beside however many regressions', async () => {
    stand.captured(calls(30));
    await stand.deployed({});
    const rules = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`k${i}`, 'status']));
    const waive = [{ requests: ['r1'], reason: 'was broken', until: '2020-02-29' }];
    const { evidence } = await stand.run(await stand.fix.model({ rules }), { waive, confirm: 1 });
    expect(evidence).toHaveLength(20);
    expect(evidence).toContainEqual(expect.objectContaining({ metric: 'expired waiver', value: 1 }));
  });

  test('of all that was sent leaves nothing to say, and that is what is said', async () => {
    stand.captured(calls(3));
    await stand.deployed({});
    const rules = { k0: 'status', k1: 'status', k2: 'status' };
    const waive = [{ kind: 'POST /invocations', ...known }];
    const { verdict, evidence } = await stand.run(await stand.fix.model({ rules }), { waive, confirm: 1 });
    expect(verdict).toBe('inconclusive');
    expect(evidence[0]?.note).toBe('all that the old version answers fails, and is waived');
  });

  test('that names nothing that fails says so', async () => {
    const { notes } = await replayed([{ requests: ['r8'], ...known }]);
    expect(notes).toContain('nothing that failed is named by it');
  });
});

describe('the last day of a waiver', () => {
  test.each([
    ['2026-12-31T00:00:00.000Z', false],
    ['2026-12-31T23:59:59.999Z', false],
    ['2027-01-01T00:00:00.000Z', true],
  ])('2026-12-31 at %s: over is %s', (moment, over) => {
    expect(hasExpired({ until: '2026-12-31' }, Date.parse(moment))).toBe(over);
  });
});

describe('a kind of request', () => {
  test.each([
    ['POST /invocations', true],
    [`POST /invocations ${kind.inputClass}`, true],
    ['POST /invocations {dataframe_records: …', true],
    ['POST /invocations …', true],
    ['POST /invoc…', true],
    // The route of this one ends where the blank stands: POST /invocations-batch is another.
    ['POST /invoc …', false],
    ['POST /invoc', false],
    ['POST /invocations {dataframe_records', false],
    ['GET …', false],
  ])('named %s is it: %s', (named, is) => {
    expect(isKind(named, kind)).toBe(is);
  });
});

describe('the bound of what no failure allows to say', () => {
  const odd = { route: 'POST /odd', inputClass: '{}' };
  const sample: Sample = {
    strata: [
      { ...kind, outcome: '2xx', captured: 1000, kept: [] },
      { ...odd, outcome: '2xx', captured: 400, kept: [] },
    ],
    chosen: [],
    captured: 1400,
    failedThen: 0,
    withoutBody: 0,
    malformed: 0,
    withoutSpace: 0,
  };
  const some = (n: number, of: typeof kind, outcome: Outcome): Replayed[] =>
    Array.from({ length: n }, (_, i) => ({
      request: { id: `${of.route}${outcome}${i}`, at: 0, path: '/', status: 200, ...of },
      outcome,
      old: null,
      now: null,
      why: null,
      body: null,
    }));
  const passed = [...some(200, kind, 'pass'), ...some(90, odd, 'pass')];
  const without = failureBound(sample, [...passed, ...some(10, odd, 'stale')]);

  test('takes waived requests out as it does stale ones', () => {
    const replayed = [...passed, ...some(10, odd, 'regression')];
    const requests = replayed.filter(({ outcome }) => outcome === 'regression').map(({ request }) => request.id);
    expect(failureBound(sample, replayed, waivedOf(replayed, [{ requests, ...known }], 0))).toEqual(without);
  });

  test('of a kind that is waived says nothing, not even of what was not sent', () => {
    const replayed = [...passed, ...some(10, odd, 'regression')];
    const waived = waivedOf(replayed, [{ kind: 'POST /odd', ...known }], 0);
    expect(without.captured).toBe(1000 + 390);
    expect(failureBound(sample, replayed, waived).captured).toBe(1000 + 90);
  });
});
