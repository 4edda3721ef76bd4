import { describe, expect, test } from 'vitest';
import { type JudgeOptions, judge } from './judge.ts';
import type { Pair, Scored } from './score.ts';

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
    // Over 368 cases: fewer leave room for an unseen 1 in 100 that loses 100 margins.
    expect((await judge(errors(500, gain), numeric)).verdict).toBe(verdict);
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

/** One gain per case, beside a baseline whose error is 10. */
function gaining(gains: readonly number[]): Pair[] {
  return gains.map((gain) => ({
    category: 'x',
    baseline: { ok: true, score: -10, prediction: 0 },
    candidate: { ok: true, score: -10 + gain, prediction: 0 },
  }));
}

describe('what no case shows', () => {
  /** Fifty cases alike but for a little noise; one in a hundred would lose 100 margins, and none is among them. */
  const quiet = (n: number) => gaining(Array.from({ length: n }, (_, i) => 0.1 * Math.sin(i)));

  test('keeps a small suite without a loss from passing, and the note says how many cases would do', async () => {
    const { verdict, evidence } = await judge(quiet(50), numeric);
    expect(verdict).toBe('inconclusive');
    expect(evidence[0]?.note).toContain('about 370 like these would do');
    expect(evidence[0]?.note).toContain('reckons with a case that loses 100');
    expect((await judge(quiet(380), numeric)).verdict).toBe('pass');
  });

  test('is limited by what the suite says is the worst, and fewer cases do', async () => {
    const { verdict, evidence } = await judge(quiet(50), { ...numeric, worst: 10 });
    expect(verdict).toBe('pass');
    expect(evidence[0]?.note).toBe('reckons with a case that loses 10');
  });

  test('is what was without a limit where a case goes beyond the worst, and that is said', async () => {
    const { verdict, evidence } = await judge([...quiet(99), ...gaining([-15])], { ...numeric, worst: 10 });
    expect(verdict).toBe('inconclusive');
    expect(evidence[0]?.note).toContain("a case lost 15, more than the suite's worst");
  });

  test('does not keep a better model from passing earlier', async () => {
    expect((await judge(errors(60, 12), numeric)).verdict).toBe('pass');
  });

  test('says so where the gain is so near the margin that no number of cases would tell', async () => {
    const { evidence } = await judge(gaining(Array.from({ length: 100 }, () => -1)), numeric);
    expect(evidence[0]).toMatchObject({ verdict: 'inconclusive', note: expect.stringContaining('no number of cases') });
  });
});

describe('odd scores', () => {
  const good = gaining(Array.from({ length: 500 }, () => 0.5));

  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'of %d from the candidate count as a case that only the baseline answers',
    async (score) => {
      const odd: Pair = { category: 'x', candidate: { ok: true, score, prediction: 0 }, baseline: right };
      const { verdict, evidence } = await judge([...good, odd], numeric);
      expect(verdict).toBe('fail');
      expect(evidence[0]).toMatchObject({ metric: 'cases only the baseline answers', value: 1 });
      expect(evidence[0]?.note).toContain(`the score is ${score}`);
      expect(evidence[1]).toMatchObject({ verdict: 'pass', n: 500 });
    },
  );

  test('of NaN from the baseline are left out, and too many of them leave nothing to say', async () => {
    const odd: Pair = { category: 'x', candidate: right, baseline: { ok: true, score: Number.NaN, prediction: 0 } };
    expect((await judge([...good, odd], numeric)).verdict).toBe('pass');
    expect((await judge([...good, ...Array.from({ length: 50 }, () => odd)], numeric)).verdict).toBe('inconclusive');
  });

  test('too far apart for numbers are an error, and large ones are not', async () => {
    const [row] = (await judge([...good, ...gaining([-1.7e308])], numeric)).evidence;
    expect(row).toMatchObject({ verdict: 'error', note: expect.stringContaining('too far apart') });
    const large = gaining(Array.from({ length: 500 }, (_, i) => (i % 2 ? 1e300 : 0)));
    const { evidence } = await judge(large, { ...numeric, margin: 1e299 });
    expect(evidence[0]).toMatchObject({ verdict: 'pass', n: 500 });
    expect(evidence[0]?.effect).toBeCloseTo(5e299, -290);
  });

  test('that are all alike still have an interval, wider the fewer they are', async () => {
    const interval = async (n: number) =>
      (await judge(gaining(new Array(n).fill(0.25)), numeric)).evidence[0]?.interval;
    const [low = 0, high = 0] = (await interval(500)) ?? [];
    expect(low).toBeLessThan(0.25);
    expect(high).toBeGreaterThan(0.25);
    const [lower = 0] = (await interval(50)) ?? [];
    expect(lower).toBeLessThan(low);
  });

  test('of a single case are inconclusive, for numbers and for right and wrong', async () => {
    expect((await judge(gaining([3]), numeric)).verdict).toBe('inconclusive');
    const [row] = (await judge(times(1, right, wrong), options)).evidence;
    expect(row).toMatchObject({ verdict: 'inconclusive', n: 1 });
    expect(row?.interval?.[0]).toBeLessThan(-0.94);
  });
});

test('a million cases are judged within a minute and without a copy of each', async () => {
  const pairs = Array.from(
    { length: 1_000_000 },
    (_, i): Pair => ({
      category: i % 2 ? 'EWR' : 'JFK',
      candidate: i % 10 ? right : wrong,
      baseline: i % 10 === 1 ? wrong : right,
    }),
  );
  const before = process.memoryUsage().heapUsed;
  const started = performance.now();
  const { verdict } = await judge(pairs, numeric);
  expect(verdict).toBe('pass');
  expect(performance.now() - started).toBeLessThan(60_000);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(400e6);
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
