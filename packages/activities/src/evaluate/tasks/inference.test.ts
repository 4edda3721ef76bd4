import { describe, expect, test } from 'vitest';
import { bootstrap } from '../../metrics/bootstrap.ts';
import { holm } from '../../statistics/holm.ts';
import { seededRandom } from '../../statistics/random.ts';
import { compareMeans } from '../compare-means.ts';
import { corpusInference } from './corpus-inference.ts';
import { meanInference } from './mean-inference.ts';
import { shareInference } from './share-inference.ts';

describe('a share', () => {
  test.each([
    // scipy.stats.binomtest(k, n).proportion_ci(method='exact')
    [8, 10, 0.4439045, 0.9747893],
    [0, 30, 0, 0.1157033],
    [30, 30, 0.8842967, 1],
    [450, 500, 0.8702869, 0.9248778],
  ])('of %i in %i has the interval of Clopper and Pearson', (hits, n, low, high) => {
    const { interval } = shareInference(hits, n);
    expect(interval[0]).toBeCloseTo(low, 4);
    expect(interval[1]).toBeCloseTo(high, 4);
  });

  test('says how many cases would tell it from a bound, and so many do', async () => {
    const needed = (await shareInference(9, 10).needed(0.8)) ?? 0;
    expect(needed).toBeGreaterThan(50);
    expect(shareInference(Math.floor(0.9 * needed), needed).above(0.8)).toBeLessThan(0.025);
    expect(await shareInference(8, 10).needed(0.8)).toBeNull();
  });
});

test('Holm’s adjustment is that of R’s p.adjust', () => {
  expect(holm([0.01, null, 0.04, 0.03, 0.02])).toEqual([0.04, null, 0.06, 0.06, 0.06]);
  expect(holm([0.9, 0.8])).toEqual([1, 1]);
  expect(holm([])).toEqual([]);
});

describe('a mean', () => {
  const random = seededRandom(7);
  const noise = () => (random.next() + random.next() + random.next()) / 2 ** 32 / 1.5 - 1;
  const gains = Float64Array.from({ length: 120 }, () => 0.1 * noise());

  test('of cases that stand for themselves has the interval of the short form', async () => {
    const known = await compareMeans(gains, { margin: 0.05, worst: 1, confidence: 0.95 });
    const found = meanInference(gains, { ends: [-1, 1], clusters: null, exact: true });
    expect(found.value).toBeCloseTo(known?.effect ?? Number.NaN, 12);
    expect(found.interval[0]).toBeCloseTo(known?.interval[0] ?? Number.NaN, 5);
    expect(found.interval[1]).toBeCloseTo(known?.interval[1] ?? Number.NaN, 5);
    expect(found.above(found.interval[0] ?? 0)).toBeCloseTo(0.025, 4);
    expect(found.below(found.interval[1] ?? 0)).toBeCloseTo(0.025, 4);
  });

  test('of clusters of one is that of cases', () => {
    const alone = meanInference(gains, { ends: [-1, 1], clusters: null });
    const ones = meanInference(gains, { ends: [-1, 1], clusters: Int32Array.from(gains.keys()) });
    expect(ones.interval).toEqual(alone.interval);
  });

  test('is too low by Student’s t, with 2.0422… deviations of thirty-one cases', () => {
    const few = gains.subarray(0, 31);
    const mean = few.reduce((sum, gain) => sum + gain, 0) / 31;
    const sd = Math.sqrt(few.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / 30);
    const { interval, below } = meanInference(few, { ends: [-1, 1], clusters: null });
    expect(interval[1]).toBeCloseTo(mean + (2.0422724563 * sd) / Math.sqrt(31), 5);
    expect(below(interval[1] ?? 0)).toBeCloseTo(0.025, 4);
  });

  test('of ten copies of every case knows no more than of one', () => {
    const copies = Float64Array.from({ length: 1200 }, (_, i) => gains[Math.floor(i / 10)] ?? 0);
    const clusters = Int32Array.from({ length: 1200 }, (_, i) => Math.floor(i / 10));
    const [low, high] = meanInference(gains, { ends: [-1, 1], clusters: null }).interval;
    const found = meanInference(copies, { ends: [-1, 1], clusters });
    expect(found.interval[0]).toBeCloseTo(low ?? 0, 5);
    expect(found.interval[1]).toBeCloseTo(high ?? 0, 5);
    expect(meanInference(copies, { ends: [-1, 1], clusters: null }).interval[0]).toBeGreaterThan(low ?? 0);
  });

  test('of clusters of unequal size lies within its interval in nearly all of 300 suites', () => {
    let outside = 0;
    for (let suite = 0; suite < 300; suite += 1) {
      const draw = seededRandom(`clusters/${suite}`);
      const values: number[] = [];
      const clusters: number[] = [];
      for (let cluster = 0; cluster < 60; cluster += 1) {
        const common = (draw.below(1001) - 500) / 1000;
        const size = 1 + draw.below(6);
        for (let i = 0; i < size; i += 1) {
          values.push(common + (draw.below(401) - 200) / 1000);
          clusters.push(cluster);
        }
      }
      const [low, high] = meanInference(Float64Array.from(values), {
        ends: [-0.7, 0.7],
        clusters: Int32Array.from(clusters),
      }).interval;
      if ((low ?? 0) > 0 || (high ?? 0) < 0) outside += 1;
    }
    expect(outside).toBeLessThanOrEqual(15); // 5 % of 300 promised; as cases alone it would be many times that
  });

  test('says how many cases like these would tell', async () => {
    const few = gains.subarray(0, 20);
    const found = meanInference(few, { ends: [-1, 1], clusters: null });
    const needed = (await found.needed(-0.05)) ?? 0;
    expect(needed).toBeGreaterThan(20);
    const more = Float64Array.from({ length: needed }, (_, i) => few[i % 20] ?? 0);
    expect(meanInference(more, { ends: [-1, 1], clusters: null }).above(-0.05)).toBeLessThan(0.026);
  });
});

describe('a number over all cases at once', () => {
  const random = seededRandom('corpus');
  const values = Array.from({ length: 200 }, () => random.below(1000) / 1000);
  const mean = (parts: readonly number[]) => parts.reduce((sum, part) => sum + part, 0) / parts.length;
  const of = (cases: number, reach: number | null = null) => ({ cases, units: cases, reach });

  test('has the interval of its resamples', async () => {
    const found = corpusInference(await bootstrap(values, mean, { rounds: 4000, seed: 3 }), of(200));
    const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - (found?.value ?? 0)) ** 2, 0) / 200 / 200);
    expect(found?.interval[0]).toBeCloseTo((found?.value ?? 0) - 1.96 * sd, 2);
    expect(found?.interval[1]).toBeCloseTo((found?.value ?? 0) + 1.96 * sd, 2);
    expect(found?.above(found.interval[0] ?? 0)).toBeCloseTo(0.025, 2);
    expect(found?.below(found.interval[1] ?? 0)).toBeCloseTo(0.025, 2);
  });

  test('of few cases is as wide as Student says, not as resamples lie', async () => {
    const twelve = values.slice(0, 12);
    const found = corpusInference(await bootstrap(twelve, mean, { rounds: 20_000, seed: 3 }), of(12));
    const average = mean(twelve);
    const sd = Math.sqrt(twelve.reduce((sum, value) => sum + (value - average) ** 2, 0) / 11);
    const width = (found?.interval[1] ?? 0) - (found?.interval[0] ?? 0);
    // 2.201 is Student's quantile of 11 degrees of freedom.
    expect(width / ((2 * 2.201 * sd) / Math.sqrt(12))).toBeCloseTo(1, 1);
    expect(found?.above(found.interval[0] ?? 0)).toBeCloseTo(0.025, 2);
  });

  test('tells what is far away from what is farther, beyond all resamples', async () => {
    const found = corpusInference(await bootstrap(values, mean, { rounds: 500, seed: 3 }), of(200));
    const sd = ((found?.interval[1] ?? 0) - (found?.interval[0] ?? 0)) / 2 / 1.97;
    const p = [3, 4, 5].map((far) => found?.above((found?.value ?? 0) - far * sd) ?? 1);
    // Student's tails with 199 degrees of freedom; a normal tail is drawn on from ten of 500.
    for (const [i, tail] of [1.5e-3, 4.5e-5, 6.4e-7].entries()) {
      expect((p[i] ?? 0) / tail).toBeGreaterThan(0.2);
      expect((p[i] ?? 0) / tail).toBeLessThan(5);
    }
  });

  test('leaves room for what no case shows: twenty cases without any difference prove little', async () => {
    const zeroes = (n: number) => bootstrap(new Array<number>(n).fill(0), mean, { rounds: 500, seed: 0 });
    const found = corpusInference(await zeroes(20), of(20, 1));
    expect(found?.interval[0]).toBeCloseTo(-(1 - 0.025 ** (1 / 20)), 6);
    expect(found?.above(-0.05)).toBeGreaterThan(0.3);
    const needed = (await found?.needed(-0.05)) ?? 0;
    expect(corpusInference(await zeroes(needed), of(needed, 1))?.above(-0.05)).toBeLessThan(0.0251);
  });

  test('that most resamples do not have is none', async () => {
    const rarely = (parts: readonly number[]) => (new Set(parts).size === parts.length ? 1 : null);
    expect(corpusInference(await bootstrap(values, rarely, { rounds: 200, seed: 0 }), of(200, 1))).toBeNull();
  });
});
