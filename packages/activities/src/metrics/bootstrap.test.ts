import { describe, expect, test } from 'vitest';
import { seededRandom } from '../statistics/random.ts';
import { bootstrap, pairedBootstrap } from './bootstrap.ts';
import { metricOf } from './table.ts';

const mean = (values: readonly number[]) =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

/** Values from 0 to 1, evenly. */
function uniform(n: number, seed: number | string): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: n }, () => random.next() / 2 ** 32);
}

const width = (interval: readonly [number, number] | null) =>
  interval === null ? Number.NaN : interval[1] - interval[0];

describe('resampling', () => {
  test('the same seed gives the same interval on every machine, another seed another one', async () => {
    const values = uniform(200, 1);
    const one = await bootstrap(values, mean, { seed: 7 });
    expect(await bootstrap(values, mean, { seed: 7 })).toEqual(one);
    expect((await bootstrap(values, mean, { seed: 8 })).interval).not.toEqual(one.interval);
    expect(one.values).toHaveLength(1000);
  });

  test('the standard error of a mean is that of the formula', async () => {
    const values = uniform(400, 2);
    const m = mean(values) ?? 0;
    const formula = Math.sqrt(values.reduce((sum, value) => sum + (value - m) ** 2, 0)) / 400;
    const { standardError } = await bootstrap(values, mean, { seed: 1, rounds: 4000 });
    // 4000 rounds tell a deviation to about 1.1 %.
    expect(Math.abs((standardError ?? 0) / formula - 1)).toBeLessThan(0.05);
  });

  test('of 200 samples, about 95 in 100 intervals hold the truth', async () => {
    let held = 0;
    for (let sample = 0; sample < 200; sample += 1) {
      const { interval } = await bootstrap(uniform(100, `coverage/${sample}`), mean, { seed: sample, rounds: 400 });
      if (interval !== null && interval[0] <= 0.5 && interval[1] >= 0.5) held += 1;
    }
    // Binomial(200, 0.95) is below 180 once in 500 times; the seeds are fixed.
    expect(held).toBeGreaterThanOrEqual(180);
  });

  test('two models are resampled by the same cases: what is hard for both does not widen the interval', async () => {
    const baseline = uniform(300, 3);
    const candidate = baseline.map((value, at) => value + 0.01 * ((at % 3) - 1));
    const { estimate, interval } = await pairedBootstrap(candidate, baseline, mean, { seed: 1 });
    expect(estimate).toBeCloseTo(0, 12);
    expect(width(interval)).toBeLessThan(0.05 * width((await bootstrap(baseline, mean, { seed: 1 })).interval));
    expect((await pairedBootstrap(baseline, baseline, mean, { seed: 1 })).interval).toEqual([0, 0]);
  });

  test('cases of one cluster are drawn together, so that ten copies of a case do not count as ten cases', async () => {
    const documents = uniform(40, 4);
    const copies = documents.flatMap((value) => Array.from({ length: 10 }, () => value));
    const clusters = copies.map((_, at) => `document ${Math.floor(at / 10)}`);
    const honest = await bootstrap(documents, mean, { seed: 1, rounds: 2000 });
    const clustered = await bootstrap(copies, mean, { seed: 1, rounds: 2000, clusters });
    const naive = await bootstrap(copies, mean, { seed: 1, rounds: 2000 });
    expect(width(clustered.interval) / width(honest.interval)).toBeCloseTo(1, 1);
    expect(width(naive.interval)).toBeLessThan(0.5 * width(honest.interval));
  });

  test('rounds without a score are counted, and too many of them leave no interval', async () => {
    const auc = metricOf('roc_auc');
    if (auc.of !== 'corpus') throw new Error('roc_auc is a metric of a corpus');
    const parts = (positives: number) =>
      Array.from({ length: 20 }, (_, at) => [at < positives ? 1 : 0, at / 20] as const);
    const few = await bootstrap(parts(2), auc.score, { seed: 1 });
    expect(few.withoutScore).toBeGreaterThan(50); // (18/20)^20 is 12 %
    expect(few.withoutScore + few.values.length).toBe(1000);
    expect(few.interval).not.toBeNull();
    expect(await bootstrap(parts(20), auc.score, { seed: 1 })).toMatchObject({ estimate: null, interval: null });
    expect(await bootstrap([], mean, { seed: 1 })).toMatchObject({ estimate: null, interval: null });
  });

  test('can be stopped between slices of work', async () => {
    const stop = () => {
      throw new Error('stopped');
    };
    await expect(bootstrap(uniform(20_000, 5), mean, { seed: 1, rounds: 100_000, onSlice: stop })).rejects.toThrow(
      'stopped',
    );
  });

  test('lists of different lengths are refused', async () => {
    await expect(pairedBootstrap([1, 2], [1], mean, { seed: 1 })).rejects.toThrow('baseline has 1 entries for 2 cases');
    await expect(bootstrap([1, 2], mean, { seed: 1, clusters: ['a'] })).rejects.toThrow('clusters has 1 entries');
  });
});
