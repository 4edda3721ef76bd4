import { canary, type HealthPolicy, type VersionTraffic } from '@sluice/sdk';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ALPHA } from './finding.ts';
import { addLook, type Judgement, judge, newJudge } from './judge.ts';
import type { JudgeMemory } from './memory.ts';
import { type Second, START, traffic } from './testing/scripted-endpoint.ts';

const policy = canary([5]).health;

interface Step {
  readonly candidate?: readonly Second[];
  readonly stable?: readonly Second[];
  readonly phase?: string;
}

/** Looks of two seconds, one after the other. */
function memoryOf(
  steps: readonly Step[],
  record: VersionTraffic | null = null,
  rules: HealthPolicy = policy,
): JudgeMemory {
  return steps.reduce(
    (memory, step, i) => {
      const since = START + i * 2000;
      const { candidate = [], stable, phase = 'canary 5 %' } = step;
      const versions = {
        v2: traffic(candidate, since),
        ...(stable === undefined ? {} : { v1: traffic(stable, since) }),
      };
      return addLook(memory, {
        phase,
        policy: rules,
        candidate: 'v2',
        stable: stable === undefined && record === null ? null : 'v1',
        measured: { since, until: since + 2000, versions, shadow: {} },
      });
    },
    newJudge(record, rules),
  );
}

function judged(steps: readonly Step[], record: VersionTraffic | null = null, rules: HealthPolicy = policy): Judgement {
  return judge(memoryOf(steps, record, rules), rules);
}

function times(count: number, step: Step): Step[] {
  return Array.from({ length: count }, () => step);
}

const record = traffic([{ good: 9990, bad: 10 }]);
const row = ({ evidence }: Judgement, metric: string) => evidence.find((one) => one.metric.startsWith(metric));

test('one in a hundred rollouts of versions that are alike is what all metrics together may cost', () => {
  expect(Object.values(ALPHA).reduce((sum, one) => sum + one, 0)).toBeCloseTo(0.01, 12);
});

describe('errors', () => {
  test('like the stable version’s pass', () => {
    const step = { candidate: [{ good: 49, bad: 1 }], stable: [{ good: 931, bad: 19 }] };
    expect(judged(times(60, step), record)).toMatchObject({ verdict: 'pass', firstBadAt: START });
  });

  test('beyond doubt more than the stable version’s in the same seconds fail', () => {
    const judgement = judged(times(20, { candidate: [{ good: 48, bad: 2 }], stable: [{ good: 949, bad: 1 }] }), record);
    expect(judgement).toMatchObject({ verdict: 'fail', failed: 'errors' });
    expect(row(judgement, 'error share')).toMatchObject({ value: 0.04, n: 1000 });
    expect(row(judgement, 'error share')?.effect).toBeCloseTo(0.04 - 1 / 950, 10);
    expect(row(judgement, 'error share')?.p).toBeLessThan(0.003);
  });

  test('that are more by less than the margin pass, however sure the difference is', () => {
    // 0.9 % against 0.1 %
    const step = { candidate: [{ good: 991, bad: 9 }], stable: [{ good: 999, bad: 1 }] };
    const judgement = judged(times(100, step), record);
    expect(judgement.verdict).toBe('pass');
    expect(row(judgement, 'error share')?.p).toBeLessThan(1e-9);
  });

  test('that both versions have at the same time are nobody’s, however many', () => {
    const quiet = { candidate: [{ good: 50 }], stable: [{ good: 950 }] };
    const outage = { candidate: [{ bad: 50 }], stable: [{ bad: 950 }] };
    expect(judged([...times(30, quiet), ...times(10, outage), ...times(30, quiet)], record).verdict).toBe('pass');
  });

  test('that begin after ten good minutes are found within seconds', () => {
    const good = { candidate: [{ good: 160 }], stable: [{ good: 40 }], phase: 'bake' };
    const bad = { candidate: [{ good: 152, bad: 8 }], stable: [{ good: 40 }], phase: 'bake' };
    expect(judged([...times(300, good), ...times(10, bad)], record)).toMatchObject({ verdict: 'fail' });
  });

  test('are compared with the record where nobody else is asked in the same seconds', () => {
    const step = { candidate: [{ good: 9, bad: 1 }], stable: [] };
    expect(judged(times(40, step), record).verdict).toBe('fail');
    expect(judged(times(40, { candidate: [{ good: 10 }], stable: [] }), record).verdict).toBe('pass');
  });
});

describe('the first version of an endpoint', () => {
  test('fails when its errors are over the limit beyond doubt', () => {
    expect(judged(times(30, { candidate: [{ good: 7, bad: 3 }] })).verdict).toBe('fail');
    expect(judged(times(30, { candidate: [{ good: 10 }] })).verdict).toBe('pass');
  });

  test('fails on its first three errors of three requests', () => {
    // A stake of 0.5 / 5 on a share of 0.995: 0.1 · (0.995 / 0.05)³ = 788, and 2 / 0.007 = 286 are needed.
    expect(judged([{ candidate: [{ bad: 3 }] }]).verdict).toBe('fail');
    expect(judged([{ candidate: [{ bad: 1 }] }])).toMatchObject({ verdict: 'inconclusive', doubt: 'thin' });
  });

  test('is allowed no error where the limit is 0', () => {
    const strict = { ...policy, maxErrorRate: 0 };
    expect(judged(times(10, { candidate: [{ good: 99, bad: 1 }] }), null, strict).verdict).toBe('fail');
  });

  test('may refuse: there is nothing to compare with', () => {
    expect(judged(times(10, { candidate: [{ good: 5, refused: 5 }] })).verdict).toBe('pass');
  });
});

describe('too few requests', () => {
  test('are inconclusive and say how many are missing', () => {
    const judgement = judged([{ candidate: [{ good: 7 }], stable: [{ good: 1000 }] }], record);
    expect(judgement).toMatchObject({ verdict: 'inconclusive', doubt: 'thin' });
    expect(row(judgement, 'error share')?.note).toBe('7 of the 20 requests that a verdict needs');
  });

  test('that is none at all is inconclusive', () => {
    expect(judged(times(50, { stable: [{ good: 100 }] }), record)).toMatchObject({
      verdict: 'inconclusive',
      doubt: 'thin',
    });
  });
});

describe('requests that are not errors', () => {
  test('are refused: more than the stable version refuses is the candidate’s fault', () => {
    const worse = { candidate: [{ good: 17, refused: 3 }], stable: [{ good: 199, refused: 1 }] };
    expect(judged(times(30, worse), record)).toMatchObject({ verdict: 'fail', failed: 'refused' });
    const alike = { candidate: [{ good: 16, refused: 4 }], stable: [{ good: 160, refused: 40 }] };
    expect(judged(times(100, alike), record).verdict).toBe('pass');
  });

  test('were given up: a candidate that hangs until callers go away shows by nothing else', () => {
    const hangs = { candidate: [{ good: 7, aborted: 3 }], stable: [{ good: 95, aborted: 0 }] };
    expect(judged(times(20, hangs), record)).toMatchObject({ verdict: 'fail', failed: 'aborted' });
  });
});

describe('latency', () => {
  const fast = traffic([
    { good: 9400, latency: 50 },
    { good: 560, latency: 100 },
    { good: 40, latency: 300 },
  ]);
  const stable = [
    { good: 94, latency: 50 },
    { good: 6, latency: 100 },
  ];
  const slow = (share: number, latency: number) => [
    { good: 100 - share, latency: 50 },
    { good: share, latency },
  ];

  test.each([
    ['40 % of answers at 2 s instead of 50 ms', slow(40, 2000), 'p95'],
    [
      'all of them twice as slow',
      [
        { good: 94, latency: 100 },
        { good: 6, latency: 200 },
      ],
      'p50',
    ],
    [
      'a p95 that is twenty times slower',
      [
        { good: 90, latency: 50 },
        { good: 10, latency: 2000 },
      ],
      'p95',
    ],
    ['3 % of answers in ten seconds', slow(3, 10_000), 'p99'],
  ])('fails for %s', (_, candidate, metric) => {
    const judgement = judged(times(60, { candidate, stable }), fast);
    expect(judgement.verdict).toBe('fail');
    expect(
      judgement.evidence
        .filter((one) => one.verdict === 'fail')
        .map((one) => one.metric)
        .join(),
    ).toContain(metric === 'p50' ? 'median latency' : `${metric} latency`);
  });

  test('that is a little slower passes', () => {
    expect(judged(times(200, { candidate: slow(6, 109), stable }), fast).verdict).toBe('pass');
  });

  test('that grows for both passes', () => {
    expect(judged(times(200, { candidate: slow(50, 2000), stable: slow(50, 2000) }), fast).verdict).toBe('pass');
  });

  test('of a few milliseconds more is noise', () => {
    const quick = traffic([{ good: 10_000, latency: 1 }]);
    const step = { candidate: [{ good: 100, latency: 4 }], stable: [{ good: 100, latency: 1 }] };
    expect(judged(times(100, step), quick).verdict).toBe('pass');
  });

  test('is judged as soon as the stable version has answered often enough to know what slow is', () => {
    const step = { candidate: slow(40, 2000), stable };
    const none = traffic([]);
    expect(row(judged(times(1, { candidate: [{ good: 9 }], stable: [{ good: 9 }] }), none), 'p95')).toBeUndefined();
    expect(judged(times(60, step), none).verdict).toBe('fail');
  });
});

describe('one caller', () => {
  const callers = Array.from({ length: 50 }, (_, i) => ({ good: 100, caller: `c${i}` }));

  test('who always erred is set aside when it comes to the candidate', () => {
    const before = traffic([...callers.slice(1), { bad: 100, caller: 'c0' }]);
    const step = {
      candidate: [
        { bad: 2, caller: 'c0' },
        { good: 2, caller: 'c1' },
        { good: 2, caller: 'c2' },
      ],
      stable: [{ good: 94 }],
    };
    expect(judged(times(100, step), before)).toMatchObject({ verdict: 'pass' });
  });

  test('whom nobody knows does not condemn a candidate by itself', () => {
    const step = {
      candidate: [
        { bad: 2, caller: 'new' },
        { good: 2, caller: 'c1' },
        { good: 2, caller: 'c2' },
      ],
      stable: [{ good: 94 }],
    };
    expect(judged(times(100, step), traffic(callers))).toMatchObject({ verdict: 'pass' });
  });

  test('whom nobody knows is no pass either, where there is no one else', () => {
    const step = { candidate: [{ bad: 2, caller: 'new' }], stable: [{ good: 94 }] };
    const judgement = judged(times(100, step), traffic(callers));
    expect(judgement).toMatchObject({ verdict: 'inconclusive', doubt: 'suspected' });
    expect(row(judgement, 'error share')?.note).toContain('callers nobody knows');
  });

  test('whom nobody knows counts like any other while it errs no more often than is usual', () => {
    const errs = (i: number, n: number) => ({ good: n - 1, bad: 1, caller: `new${i}` });
    const all = Array.from({ length: 300 }, (_, i) => ({
      candidate: [errs(i % 5, 20)],
      stable: [errs(10 + (i % 5), 20), errs(20 + (i % 5), 20), errs(30 + (i % 5), 20)],
    }));
    expect(judged(all, traffic([{ good: 950, bad: 50 }]))).toMatchObject({ verdict: 'pass' });
  });

  test('who was always served well and is the only one is protected', () => {
    const only = traffic([{ good: 3000, caller: 'c1' }]);
    const step = { candidate: [{ good: 3, bad: 2, caller: 'c1' }], stable: [] };
    expect(judged(times(30, step), only).verdict).toBe('fail');
  });

  test('who erred half of the time is as good a witness as any, if that is all there is', () => {
    const half = traffic([{ good: 1500, bad: 1500, caller: 'c1' }]);
    expect(judged(times(60, { candidate: [{ good: 5, bad: 5, caller: 'c1' }], stable: [] }), half).verdict).toBe(
      'pass',
    );
    expect(judged(times(60, { candidate: [{ bad: 10, caller: 'c1' }], stable: [] }), half).verdict).toBe('fail');
  });
});

describe('the memory', () => {
  const seconds = fc.record({
    good: fc.nat(20),
    bad: fc.nat(2),
    refused: fc.nat(2),
    aborted: fc.nat(1),
    latency: fc.constantFrom(10, 60, 400),
  });
  const steps = fc.array(
    fc.record({ candidate: fc.array(seconds, { maxLength: 2 }), stable: fc.array(seconds, { maxLength: 2 }) }),
    { maxLength: 40 },
  );

  test('survives JSON at any look', () => {
    fc.assert(
      fc.property(steps, fc.nat(40), (all, at) => {
        const first = memoryOf(all.slice(0, at), record);
        expect(JSON.parse(JSON.stringify(first))).toEqual(first);
      }),
      { numRuns: 50 },
    );
  });

  test('stays under 16 kilobytes in a whole rollout with callers of all kinds', () => {
    const many = Array.from({ length: 256 }, (_, i) => ({ good: 100, bad: i % 9 === 0 ? 50 : 0, caller: String(i) }));
    const phases = ['canary 5 %', 'canary 25 %', 'canary 50 %', 'bake'];
    const all = phases.flatMap((phase) =>
      times(200, { candidate: [{ good: 40, bad: 1, latency: 70 }], stable: [{ good: 160, bad: 1 }], phase }),
    );
    expect(JSON.stringify(memoryOf(all, traffic(many))).length).toBeLessThan(16_000);
  });

  test('does not change what was judged before: the judge is pure', () => {
    const step: Step = { candidate: [{ good: 9, bad: 1 }], stable: [{ good: 90 }] };
    const before = memoryOf(times(5, step), record);
    const frozen = JSON.stringify(before);
    judge(before, policy);
    memoryOf([...times(5, step), step], record);
    expect(JSON.stringify(before)).toBe(frozen);
  });
});
