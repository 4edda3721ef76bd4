import { describe, expect, test } from 'vitest';
import { type JudgeOptions, judge, type Pair } from './judge.ts';
import type { Scored } from './score.ts';

const right: Scored = { ok: true, score: 1, prediction: 'a' };
const wrong: Scored = { ok: true, score: 0, prediction: 'b' };
const error: Scored = { ok: false, error: 'status 500' };
const options: JudgeOptions = { metric: 'correct', margin: 0.05, seed: 0, sameModel: false };
const numeric: JudgeOptions = { ...options, metric: 'absolute_error', margin: 1 };

function times(n: number, candidate: Scored, baseline: Scored | null, category = 'x'): Pair[] {
  return Array.from({ length: n }, () => ({ category, candidate, baseline }));
}

/** Errors that differ by `gain` on average, with a spread that the bootstrap sees. */
function errors(n: number, gain: number, category = 'x'): Pair[] {
  return Array.from({ length: n }, (_, i) => ({
    category,
    baseline: { ok: true, score: -10, prediction: 0 },
    candidate: { ok: true, score: -10 + gain + Math.sin(i * 12.9898) * 2, prediction: 0 },
  }));
}

describe('a paired verdict on right and wrong', () => {
  test('passes when the candidate is as good and the suite is large', async () => {
    const { verdict, evidence } = await judge([...times(480, right, right), ...times(20, wrong, wrong)], options);
    expect(verdict).toBe('pass');
    expect(evidence[0]).toMatchObject({ metric: 'accuracy', value: 0.96, baseline: 0.96, effect: 0, n: 500, p: 1 });
  });

  test('fails when the candidate is worse by more than the margin beyond doubt', async () => {
    // 60 losses and no gain in 400: −15 %, and Tango's interval ends at −11.8 %.
    const { verdict, evidence } = await judge([...times(340, right, right), ...times(60, wrong, right)], options);
    expect(verdict).toBe('fail');
    expect(evidence[0]?.effect).toBeCloseTo(-0.15, 12);
    expect(evidence[0]?.interval?.[1]).toBeLessThan(-0.05);
    expect(evidence[0]?.p).toBeLessThan(1e-15);
  });

  test('is inconclusive on a suite too small to tell, even when both agree on every case', async () => {
    const { verdict } = await judge(times(30, right, right), options);
    expect(verdict).toBe('inconclusive');
  });

  test('shows the exact McNemar p of the discordant pairs', async () => {
    const pairs = [...times(10, wrong, right), ...times(2, right, wrong), ...times(88, right, right)];
    const { evidence } = await judge(pairs, options);
    expect(evidence[0]?.p).toBeCloseTo(0.03857421875, 12);
  });

  test('passes without statistics when both are the same model byte for byte', async () => {
    const { verdict } = await judge(times(3, right, right), { ...options, sameModel: true });
    expect(verdict).toBe('pass');
  });
});

describe('a paired verdict on numbers', () => {
  test.each([
    [1.5, 'pass'],
    [0, 'pass'],
    [-3, 'fail'],
    [-1, 'inconclusive'],
  ] as const)('with a gain of %d and a margin of 1 is %s', async (gain, verdict) => {
    expect((await judge(errors(300, gain), numeric)).verdict).toBe(verdict);
  });

  test('shows errors as positive numbers and the gain as better or worse', async () => {
    const { evidence } = await judge(errors(300, 2), numeric);
    const row = evidence.find(({ metric }) => metric === 'mean absolute error');
    expect(row?.baseline).toBe(10);
    expect(row?.value).toBeCloseTo(8, 0);
    expect(row?.effect).toBeCloseTo(2, 0);
    expect(row?.seed).toBe(0);
  });

  test('of fewer than ten cases is inconclusive, however bad', async () => {
    expect((await judge(errors(9, -100), numeric)).verdict).toBe('inconclusive');
  });

  test('is the same for the same seed', async () => {
    const pairs = errors(100, 0);
    expect(await judge(pairs, numeric)).toEqual(await judge(pairs, numeric));
  });
});

describe('answers', () => {
  test('that only the baseline gives fail the gate, one is enough', async () => {
    const pairs = [...times(999, right, right), ...times(1, error, right)];
    const { verdict, evidence } = await judge(pairs, options);
    expect(verdict).toBe('fail');
    expect(evidence[0]).toMatchObject({
      metric: 'cases only the baseline answers',
      verdict: 'fail',
      value: 1,
      note: 'first: status 500',
    });
  });

  test('that neither gives do not fail it', async () => {
    const { verdict } = await judge([...times(990, right, right), ...times(10, error, error)], options);
    expect(verdict).toBe('pass');
  });

  test('that the baseline often does not give leave too little to compare', async () => {
    const { verdict } = await judge([...times(900, right, right), ...times(100, right, error)], options);
    expect(verdict).toBe('inconclusive');
  });

  test('judged alone must be there for every case', async () => {
    expect((await judge(times(5, wrong, null), options)).verdict).toBe('pass');
    expect((await judge([...times(5, right, null), ...times(1, error, null)], options)).verdict).toBe('fail');
  });

  test('to no cases at all are inconclusive', async () => {
    expect((await judge([], options)).verdict).toBe('inconclusive');
  });
});

describe('categories', () => {
  test('one that fails fails the suite although the average passes', async () => {
    const pairs = [
      ...times(3000, right, right, 'EWR'),
      ...times(30, wrong, right, 'LGA'),
      ...times(10, right, right, 'LGA'),
    ];
    const { verdict, evidence } = await judge(pairs, options);
    expect(verdict).toBe('fail');
    expect(evidence[0]).toMatchObject({ slice: 'LGA', verdict: 'fail' });
    expect(evidence.find(({ slice, metric }) => slice === undefined && metric === 'accuracy')?.verdict).toBe('pass');
  });

  test('one that is too small is shown and does not sink the suite', async () => {
    const pairs = [...times(1000, right, right, 'EWR'), ...times(4, right, right, 'JFK')];
    const { verdict, evidence } = await judge(pairs, options);
    expect(verdict).toBe('pass');
    const small = evidence.find(({ slice }) => slice === 'JFK');
    expect(small?.verdict).toBe('inconclusive');
    expect(small?.note).toContain('does not count by itself');
  });

  test('widen their intervals with their number, so that many do not make one fail by chance', async () => {
    const width = async (categories: number) => {
      const pairs = Array.from({ length: categories }, (_, i) => errors(50, 0, `c${i}`)).flat();
      const row = (await judge(pairs, numeric)).evidence.find(({ slice }) => slice === 'c0');
      return (row?.interval?.[1] ?? 0) - (row?.interval?.[0] ?? 0);
    };
    expect(await width(20)).toBeGreaterThan((await width(2)) * 1.2);
  });
});
