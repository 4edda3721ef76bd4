import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { binomialUpperTail } from './binomial.ts';
import { dirichletTail } from './dirichlet-tail.ts';
import { lowerMeanBound as boundOf, type MeanBoundOptions, valuesNeeded as needed } from './mean-bound.ts';
import { seededRandom } from './random.ts';
import { meanOf, mirrored, weighed } from './weighed-values.ts';

const half = { tail: 0.025 };
const lowerMeanBound = (values: Float64Array, end: number, options: MeanBoundOptions) =>
  boundOf(weighed(values), end, options);
const valuesNeeded = (values: Float64Array, end: number, at: number, options: MeanBoundOptions) =>
  needed(weighed(values), end, at, options);

/** `losses` of −1, the rest 0. */
function rightOrWrong(losses: number, n: number): Float64Array {
  return new Float64Array(n).fill(-1, 0, losses);
}

describe('a lower bound of a mean', () => {
  test.each([
    [1, 0.975],
    [10, 0.3084971],
    [73, 0.0492798],
    [381, 0.00963538],
    [10_000, 0.00036882],
  ])('over %d values that are all alike reckons with 1 − 0.025^(1/n) = %d of the worst kind', async (n, share) => {
    const bound = -(await lowerMeanBound(new Float64Array(n), -1, half));
    expect(bound / share).toBeGreaterThan(0.999);
    expect(bound / share).toBeLessThan(1.005); // the saddlepoint errs to the careful side
  });

  test.each([
    [3, 30, 0.2652884], // binom.cdf(3, 30, x) = 0.025, as statsmodels' proportion_confint(method='beta')
    [20, 100, 0.2918427],
    [1, 500, 0.0110925],
  ])('with %d of %d values at the end is Clopper and Pearson’s: %d', async (losses, n, share) => {
    expect(1 - binomialUpperTail(losses + 1, n, share)).toBeCloseTo(0.025, 5);
    expect(-(await lowerMeanBound(rightOrWrong(losses, n), -1, half))).toBeCloseTo(share, 3);
  });

  test('over many well-behaved values is Student’s', async () => {
    const values = normals('student', 5000);
    const mean = values.reduce((sum, value) => sum + value, 0) / 5000;
    const error = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 4999 / 5000);
    const bound = await lowerMeanBound(values, -8, half);
    expect((mean - bound) / error).toBeGreaterThan(1.96);
    expect((mean - bound) / error).toBeLessThan(2.1);
  });

  test('agrees with a million draws of the weights', async () => {
    const values = Float64Array.from([0.5, -0.2, 0.1, 0.9, -0.4, 0.3, 0, 0.7, -0.1, 0.2, 0.4, -3]);
    const random = seededRandom('weights');
    const exponential = () => -Math.log((random.next() + 0.5) / 2 ** 32);
    const at = await lowerMeanBound(values, -10, half);
    let below = 0;
    for (let draw = 0; draw < 1_000_000; draw += 1) {
      let sum = exponential() * (at + 10);
      for (const value of values) sum += exponential() * (at - value);
      if (sum > 0) below += 1;
    }
    expect(below / 1e6 / 0.025).toBeGreaterThan(0.97);
    expect(below / 1e6 / 0.025).toBeLessThan(1.03);
  });

  test('lies between the end and the mean, moves with the values and grows with their number', async () => {
    const arrays = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(arrays, fc.double({ min: 1, max: 50, noNaN: true }), async (list, far) => {
        const values = Float64Array.from(list);
        const mean = list.reduce((sum, value) => sum + value, 0) / list.length;
        const bound = await lowerMeanBound(values, -far, half);
        expect(bound).toBeGreaterThanOrEqual(-far);
        expect(bound).toBeLessThanOrEqual(mean + 1e-12);
        const moved = await lowerMeanBound(
          values.map((value) => value + 7),
          -far + 7,
          half,
        );
        expect(moved).toBeCloseTo(bound + 7, 6);
        const twice = await lowerMeanBound(Float64Array.from([...list, ...list]), -far, half);
        expect(twice).toBeGreaterThanOrEqual(bound - 1e-9);
        expect(dirichletTail(weighed(values), -far, bound, 2)).toBeLessThanOrEqual(0.026);
      }),
      { numRuns: 200 },
    );
  });

  test('of ties at the end of the scale is near that end', async () => {
    expect(await lowerMeanBound(new Float64Array(50).fill(-1), -1, half)).toBeCloseTo(-1, 9);
  });

  test('of a million values takes seconds, gives way to other work and stops when it is told to', async () => {
    const values = normals('many', 1_000_000);
    const started = performance.now();
    expect(await lowerMeanBound(values, -100, half)).toBeCloseTo(-0.002, 3);
    expect(performance.now() - started).toBeLessThan(30_000);
    let slices = 0;
    const stopped = lowerMeanBound(values, -100, {
      ...half,
      onSlice: () => {
        slices += 1;
        if (slices === 2) throw new Error('stopped');
      },
    });
    await expect(stopped).rejects.toThrow('stopped');
  });
});

describe('the number of values that would do', () => {
  test('without one loss is the first n with 1 − 0.025^(1/n) under the margin', async () => {
    expect(await valuesNeeded(new Float64Array(20), -1, -0.01, half)).toBe(368); // ln 0.025 / ln 0.99 = 367.04
    expect(await valuesNeeded(new Float64Array(20), -1, -0.05, half)).toBe(73); // 71.92, to the careful side
  });

  test('is what it takes for values of the same kind', async () => {
    const few = normals('few', 100).map((value) => value - 0.05);
    const count = await valuesNeeded(few, -6, -0.2, half);
    expect(count).toBeGreaterThan(100);
    const copies = Math.ceil((count ?? 0) / 100);
    const many = Float64Array.from({ length: copies * 100 }, (_, i) => few[i % 100] ?? 0);
    expect(await lowerMeanBound(many, -6, half)).toBeGreaterThan(-0.2);
  });

  test('is none where the mean is no better than what is asked', async () => {
    expect(await valuesNeeded(new Float64Array(20).fill(-1), -5, -1, half)).toBe(null);
  });
});

test('ties are counted and not kept one by one', () => {
  const sample = weighed(Float64Array.from([2, 0, 2, -1, 0, 2]));
  expect(sample).toEqual({ values: Float64Array.from([-1, 0, 2]), counts: Float64Array.from([1, 2, 3]), n: 6 });
  expect(meanOf(sample)).toBe(5 / 6);
  expect([...mirrored(sample).values]).toEqual([-2, -0, 1]);
  expect([...mirrored(sample).counts]).toEqual([3, 2, 1]);
});

function normals(seed: string, n: number): Float64Array {
  const random = seededRandom(seed);
  const share = () => (random.next() + 0.5) / 2 ** 32;
  return Float64Array.from({ length: n }, () => Math.sqrt(-2 * Math.log(share())) * Math.cos(2 * Math.PI * share()));
}
