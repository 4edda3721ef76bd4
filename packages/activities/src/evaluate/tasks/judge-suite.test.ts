import type { Json } from '@sluice/sdk';
import { describe, expect, test } from 'vitest';
import type { Metric } from '../../metrics/metric.ts';
import { metricOf } from '../../metrics/table.ts';
import { type Random, seededRandom } from '../../statistics/random.ts';
import type { SuiteRow } from '../suite-report.ts';
import { judgeSuite, type TaskToJudge } from './judge-suite.ts';
import { type NamedMetric, type ScoredTask, scoreTask } from './scored-task.ts';
import type { SuiteCase } from './suite-cases.ts';
import { suiteEvidence } from './suite-evidence.ts';
import { suiteFile } from './suite-file.ts';

/** A score between 0 and 1 that the model answers itself. */
const quality: Metric = {
  name: 'quality',
  of: 'case',
  better: 'higher',
  range: [0, 1],
  unit: null,
  signature: 'quality',
  score: ({ answer }) => Number(answer),
};

function settingsOf(metric: object) {
  const { tasks } = suiteFile.parse({
    version: 1,
    protocol: { kind: 'invocations' },
    tasks: { t: { metrics: [{ name: 'quality', ...metric }] } },
  });
  const [settings] = tasks.t?.metrics ?? [];
  if (settings === undefined) throw new Error('no metric');
  return settings;
}

function casesOf(
  n: number,
  categories: number,
  expected: (i: number) => Json = () => null,
  cluster?: number,
): SuiteCase[] {
  return Array.from({ length: n }, (_, i) => ({
    id: `c${i}`,
    task: 't',
    category: `category ${String(i % categories).padStart(2, '0')}`,
    input: i,
    expected: expected(i),
    cluster: cluster === undefined ? null : `s${Math.floor(i / cluster)}`,
  }));
}

type Model = (i: number) => Json;

async function judged(
  cases: readonly SuiteCase[],
  candidate: Model,
  baseline: Model | null,
  metric: object,
  options: { readonly metric?: Metric; readonly seed?: number; readonly sameModel?: boolean } = {},
) {
  const named: NamedMetric = { name: 'quality', metric: options.metric ?? quality };
  const answers = (model: Model): Promise<ScoredTask> =>
    scoreTask(
      cases,
      [named],
      async (id) => ({ answer: model(Number(id.slice(1))), latencyMs: 1 }),
      () => {},
    );
  const task: TaskToJudge = {
    task: 't',
    cases,
    metrics: [{ ...named, settings: settingsOf(metric) }],
    candidate: await answers(candidate),
    baseline: baseline === null ? null : await answers(baseline),
  };
  const seed = options.seed ?? 0;
  const { sameModel = false } = options;
  const { rows, comparisons } = await judgeSuite([task], { rounds: 1000, seed, sameModel, onSlice: () => {} });
  const facts = { kind: baseline === null ? 'none' : 'model', digest: null, name: null, broken: null } as const;
  return { rows, comparisons, ...suiteEvidence([task], rows, facts, 'demo', seed) };
}

/** Answers around 0.8, another draw each time: a model with a temperature. */
function sampled(random: Random): Model {
  return () => 0.7 + random.below(2000) / 10_000;
}

const whole = (rows: readonly SuiteRow[]) => rows.find(({ category }) => category === null) as SuiteRow;

describe('a regression in one category of twenty', () => {
  test('is found and named with its size, and no other category is', async () => {
    let named = 0;
    let wrongly = 0;
    for (let trial = 0; trial < 20; trial += 1) {
      const random = seededRandom(`planted/${trial}`);
      const [old, fresh] = [sampled(random), sampled(random)];
      const { rows, verdict, evidence } = await judged(
        casesOf(600, 20),
        (i) => Number(fresh(i)) - (i % 20 === 13 ? 0.3 : 0),
        old,
        { margin: 0.05 },
      );
      expect(verdict).toBe('fail');
      const failed = rows.filter((row) => row.verdict === 'fail');
      const found = failed.find(({ category }) => category === 'category 13');
      if (found !== undefined) named += 1;
      if (failed.some(({ category }) => category !== 'category 13')) wrongly += 1;
      if (trial > 0) continue;
      expect(found?.difference).toBeCloseTo(-0.3, 1);
      expect(found?.interval?.[0]).toBeLessThan(-0.3);
      expect(found?.interval?.[1]).toBeGreaterThan(-0.3);
      const row = evidence[0];
      expect(row).toMatchObject({ slice: 'category 13', verdict: 'fail', n: 30 });
      expect(row?.note).toMatch(/worse by 0\.(29|3|30|31)\d* over 30 cases/);
    }
    expect(named).toBe(20);
    expect(wrongly).toBeLessThanOrEqual(1);
  });

  test('that is as small as the margin blocks by no false alarm', async () => {
    let alarms = 0;
    for (let trial = 0; trial < 40; trial += 1) {
      const random = seededRandom(`edge/${trial}`);
      const [old, fresh] = [sampled(random), sampled(random)];
      const { rows } = await judged(casesOf(400, 20), (i) => Number(fresh(i)) - 0.05, old, { margin: 0.05 });
      if (rows.some((row) => row.verdict === 'fail')) alarms += 1;
    }
    expect(alarms).toBeLessThanOrEqual(4); // 2.5 % of 40 is promised
  });
});

describe('the same model twice', () => {
  test('passes in at least 95 of 100 trials, though it answers differently every time', async () => {
    let passed = 0;
    for (let trial = 0; trial < 100; trial += 1) {
      const random = seededRandom(`same/${trial}`);
      const { verdict } = await judged(casesOf(300, 20), sampled(random), sampled(random), { margin: 0.05 });
      if (verdict === 'pass') passed += 1;
    }
    expect(passed).toBeGreaterThanOrEqual(95);
  });

  test('passes by a metric over all cases at once too', async () => {
    let passed = 0;
    const cases = casesOf(300, 3, (i) => i % 7);
    for (let trial = 0; trial < 10; trial += 1) {
      const random = seededRandom(`corpus/${trial}`);
      const noisy: Model = (i) => (i % 7) + random.below(100) / 100;
      const options = { metric: metricOf('rmse'), seed: trial };
      if ((await judged(cases, noisy, noisy, { margin: 0.2 }, options)).verdict === 'pass') passed += 1;
    }
    expect(passed).toBeGreaterThanOrEqual(9);
  });
});

describe('a suite that is too small', () => {
  test('is inconclusive and says how many further cases it needs, and so many decide it', async () => {
    const few = await judged(
      casesOf(40, 1),
      () => 0.8,
      () => 0.8,
      { margin: 0.05 },
    );
    expect(few.verdict).toBe('inconclusive');
    const { needed, note } = whole(few.rows);
    expect(needed).toBe(73 - 40); // 1 − 0.025^(1/73) is 0.05
    expect(note).toContain('about 33 more like these would do');
    expect(
      (
        await judged(
          casesOf(73, 1),
          () => 0.8,
          () => 0.8,
          { margin: 0.05 },
        )
      ).verdict,
    ).toBe('pass');
  });

  test('needs fewer where the suite says how much one case can lose', async () => {
    const small = await judged(
      casesOf(40, 1),
      () => 0.8,
      () => 0.8,
      { margin: 0.05, worst: 0.5 },
    );
    expect(small.verdict).toBe('pass');
  });

  test('is as large as its sources are many: ten questions to each of eight documents are eight', async () => {
    const copies = await judged(
      casesOf(80, 1, () => null, 10),
      () => 0.8,
      () => 0.8,
      { margin: 0.05 },
    );
    expect(whole(copies.rows)).toMatchObject({ verdict: 'inconclusive', clusters: 8, n: 80, needed: 650 });
  });

  test('decides nothing by fewer than ten cases of a metric over all of them', async () => {
    const metric = metricOf('rmse');
    const { rows } = await judged(
      casesOf(9, 1, () => 1),
      () => 5,
      () => 1,
      { margin: 0.1 },
      { metric },
    );
    expect(whole(rows)).toMatchObject({ verdict: 'inconclusive', note: expect.stringContaining('fewer than 10') });
  });
});

test('what would be worse if it stood alone says so, by a metric over all cases too', async () => {
  // 20 of 400 cases are worse by 0.48 or 0.24 in turn, where 0.3 is still good enough.
  const lost = (i: number) => (i % 20 === 3 ? 0.36 + (i % 40 < 20 ? 0.12 : -0.12) : 0);
  const metric = metricOf('rmse');
  const cases = casesOf(400, 20, () => 0);
  const { rows } = await judged(
    cases,
    (i) => 1 + lost(Number(i)),
    () => 1,
    { margin: 0.3 },
    { metric },
  );
  const suspects = rows.filter(({ verdict, counts }) => verdict === 'inconclusive' && counts);
  expect(suspects.map(({ category }) => category)).toEqual(['category 03']);
  expect(suspects[0]).toMatchObject({ needed: null, note: expect.stringContaining('worse if it stood alone') });
});

describe('bounds of the metric itself', () => {
  const right =
    (share: number): Model =>
    (i) =>
      i % 100 < share * 100 ? 1 : 0;

  test.each([
    [0.95, 'pass'],
    [0.91, 'inconclusive'],
    [0.8, 'fail'],
  ])('a share of %d against at least 0.9 is %s', async (share, verdict) => {
    const { rows } = await judged(casesOf(400, 1), right(share), null, { least: 0.9 });
    expect(whole(rows)).toMatchObject({ verdict, method: 'Clopper–Pearson', counts: true });
    expect(whole(rows).threshold?.interval?.[0]).toBeLessThan(share);
  });

  test('of a metric where lower is better', async () => {
    const options = { metric: metricOf('mae') };
    const cases = casesOf(100, 1, () => 0);
    expect((await judged(cases, (i) => (i % 10) / 10, null, { most: 5 }, options)).verdict).toBe('pass');
    expect((await judged(cases, (i) => 20 + (i % 10) / 10, null, { most: 5 }, options)).verdict).toBe('fail');
  });
});

describe('categories', () => {
  test('too small to tell sink nothing, but for those that the suite gives a margin of their own', async () => {
    const same: Model = () => 0.8;
    expect((await judged(casesOf(100, 10), same, same, { margin: 0.05 })).verdict).toBe('pass');
    const asked = await judged(casesOf(100, 10), same, same, { margin: 0.05, margins: { 'category 03': 0.05 } });
    expect(asked.verdict).toBe('inconclusive');
    expect(asked.evidence[0]).toMatchObject({ slice: 'category 03', verdict: 'inconclusive' });
  });
});

test('of many cases is judged with turns for whatever else the worker does', async () => {
  let turned = 0;
  const timer = setInterval(() => {
    turned += 1;
  }, 0);
  const random = seededRandom('many');
  await judged(casesOf(60_000, 20), sampled(random), sampled(random), { margin: 0.05 }).finally(() =>
    clearInterval(timer),
  );
  expect(turned).toBeGreaterThan(2);
});

test('a category may have any name', async () => {
  const cases = casesOf(200, 2).map((one) => ({ ...one, category: one.category.endsWith('1') ? 'constructor' : 'x' }));
  const worse: Model = (i) => (i % 2 ? 0.4 : 0.8);
  const { rows } = await judged(cases, worse, () => 0.8, { margin: 0.05 });
  expect(rows.find(({ category }) => category === 'constructor')).toMatchObject({ margin: 0.05, verdict: 'fail' });
});

describe('scores that are none', () => {
  test('NaN and wrong types count as the worst there is', async () => {
    const metric = metricOf('token_f1');
    const cases = casesOf(100, 1, () => 'yes');
    const odd: Model = (i) => (i < 50 ? 'yes' : i < 75 ? null : 3);
    const { rows, verdict } = await judged(cases, odd, () => 'yes', { margin: 0.05 }, { metric });
    expect(verdict).toBe('fail');
    expect(whole(rows).candidate).toBeCloseTo(0.5, 6);
  });

  test.each(['mae', 'rmse', 'f1', 'bleu'])(
    'by %s, which knows no worst one, are no answers: one that only the baseline has fails the gate',
    async (name) => {
      const right: Model = (i) => (name === 'mae' || name === 'rmse' ? i % 7 : `the cat sat there ${i % 3}`);
      const metric = metricOf(name);
      const odd: Model = (i) => (i === 3 ? null : right(i));
      const options = { metric };
      const { verdict, evidence } = await judged(casesOf(1000, 1, right), odd, right, { margin: 1 }, options);
      expect(verdict).toBe('fail');
      expect(evidence[0]).toMatchObject({
        metric: 'cases only the baseline answers',
        value: 1,
        note: 'first: c3: quality cannot score the answer',
      });
      const alone = await judged(casesOf(1000, 1, right), odd, null, { least: 0, most: 100 }, options);
      expect(alone.evidence[0]).toMatchObject({ metric: 'cases not answered', verdict: 'fail', value: 1 });
      // That of the baseline alone is no fault of the candidate's.
      expect((await judged(casesOf(1000, 1, right), right, odd, { margin: 1 }, options)).verdict).toBe('pass');
    },
  );

  test('are the same on both sides and say nothing, where they are more than one in twenty of the baseline’s', async () => {
    const metric = metricOf('token_f1');
    const cases = casesOf(400, 1, () => 'yes');
    const page: Model = () => ({ html: '<p>Bad gateway</p>' });
    const both = await judged(cases, page, page, { margin: 0.05 }, { metric });
    expect(both.verdict).toBe('inconclusive');
    expect(whole(both.rows).note).toContain('too many answers of the baseline cannot be scored');
    const better = await judged(
      cases,
      () => 'yes',
      (i) => (i % 10 ? 'yes' : null),
      { margin: 0.05 },
      { metric },
    );
    expect(better.verdict).toBe('inconclusive');
    const few = await judged(
      cases,
      () => 'yes',
      (i) => (i % 50 ? 'yes' : null),
      { margin: 0.05 },
      { metric },
    );
    expect(few.verdict).toBe('pass');
  });

  test('pass nobody where there is nothing to compare with, or only the candidate itself', async () => {
    const cases = casesOf(60, 1);
    const none: Model = () => 'n/a';
    const first = await judged(cases, none, null, { margin: 0.05 });
    expect(first.rows.map(({ verdict, note }) => [verdict, note])).toEqual([
      ['inconclusive', expect.stringContaining('too many answers cannot be scored')],
    ]);
    const fine = await judged(cases, () => 0.5, null, { margin: 0.05 });
    expect(fine.verdict).toBe('pass');
    const again = await judged(cases, none, none, { margin: 0.05 }, { sameModel: true });
    expect(again.verdict).toBe('inconclusive');
  });

  test.each([
    [1e308, 'error', 'too far apart'],
    [1e200, 'fail', null],
  ])('%d off is never a pass, however large its sums are', async (off, verdict, note) => {
    const options = { metric: metricOf('mae') };
    const cases = casesOf(100, 1, () => 0);
    const { rows } = await judged(
      cases,
      (i) => off * (1 - i / 1000),
      () => 0,
      { margin: 0.05 },
      options,
    );
    expect(whole(rows).verdict).toBe(verdict);
    if (note !== null) expect(whole(rows).note).toContain(note);
    const one = await judged(
      cases,
      (i) => (i === 0 ? off : 0),
      () => 0,
      { margin: 0.05 },
      options,
    );
    expect(one.verdict).not.toBe('pass');
    expect((await judged(cases, () => off, null, { most: 5 }, options)).verdict).toBe(verdict);
  });

  test('features that do not fit together, or are too large, are an error of their row and not of the evaluation', async () => {
    const options = { metric: metricOf('fid') };
    const features: Model = (i) => (i === 7 ? [1, 2, 3] : [i, 2]);
    const { rows, verdict } = await judged(casesOf(20, 1, features), features, null, { most: 5 }, options);
    expect(verdict).toBe('error');
    expect(whole(rows).note).toContain('it failed: The features of number 8 have 3 numbers');
    const huge = await judged(
      casesOf(20, 1, () => [1, 2]),
      () => [1e200, 2],
      null,
      { most: 5 },
      options,
    );
    expect(huge.verdict).toBe('fail');
    expect(whole(huge.rows).note).toContain('too large');
  });

  test('a metric that throws is an error of its row, and names the case', async () => {
    const metric: Metric = {
      ...quality,
      of: 'case',
      score: ({ answer }) => {
        if (answer === 7) throw new Error('no sevens');
        return 1;
      },
    };
    const { rows, verdict } = await judged(
      casesOf(20, 1),
      (i) => i,
      () => 1,
      { margin: 0.05 },
      { metric },
    );
    expect(verdict).toBe('error');
    expect(whole(rows).note).toContain('it failed at the case c7: no sevens');
  });
});
