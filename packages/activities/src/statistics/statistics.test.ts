/** Golden values: scipy 1.17.1 and statsmodels, the call beside each. */
import { describe, expect, test } from 'vitest';
import { binomialUpperTail } from './binomial.ts';
import { logFactorial } from './log-factorial.ts';
import { mcnemarExact } from './mcnemar.ts';
import { normalCdf, normalQuantile, normalUpperTail } from './normal.ts';
import { seededRandom, xoshiro128 } from './random.ts';

/** Equal to 9 significant digits, which a tiny p value needs and `toBeCloseTo` does not see. */
function expectSame(value: number, expected: number, relative = 1e-9): void {
  expect(Math.abs(value - expected)).toBeLessThanOrEqual(Math.max(1e-300, Math.abs(expected) * relative));
}

describe('random numbers', () => {
  test('xoshiro128** gives the reference stream of its authors from the state 1, 2, 3, 4', () => {
    const random = xoshiro128([1, 2, 3, 4]);
    expect([1, 2, 3, 4].map(() => random.next())).toEqual([11520, 0, 5927040, 70819200]);
  });

  test('the same seed gives the same stream, and another seed another one', () => {
    const stream = (seed: number | string) => {
      const random = seededRandom(seed);
      return Array.from({ length: 20 }, () => random.next());
    };
    expect(stream(7)).toEqual(stream(7));
    expect(stream(7)).not.toEqual(stream(8));
    expect(stream('7/a')).not.toEqual(stream('7/b'));
  });

  test('every number below the limit comes about equally often', () => {
    const random = seededRandom(1);
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 70_000; i += 1) {
      const drawn = random.below(7);
      counts[drawn] = (counts[drawn] ?? 0) + 1;
    }
    // χ² with 6 degrees of freedom: 22.46 is its 99.9 % point.
    expect(counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)).toBeLessThan(22.46);
  });
});

describe('exact tests on counts', () => {
  test.each([
    [5, 0, 0.0625],
    [6, 0, 0.03125],
    [10, 2, 0.03857421875],
    [15, 5, 0.04138946533203125],
    [0, 0, 1],
    [300, 240, 0.011050481081929898],
  ])('McNemar of %d and %d discordant pairs is p = %d', (b, c, p) => {
    expectSame(mcnemarExact(b, c), p); // mcnemar([[0, b], [c, 0]], exact=True).pvalue
    expectSame(mcnemarExact(c, b), p);
  });

  test.each([
    [3, 3, 0.05, 0.00012500000000000003],
    [2, 20, 0.05, 0.2641604750561498],
    [30, 1000, 0.02, 0.02069651867323949],
    [15, 1000, 0.02, 0.897471804132691],
    [600, 10_000, 0.05, 4.509387117818274e-6],
    [0, 5, 0.1, 1],
  ])('at least %d of %d with share %d has the probability %d', (k, n, share, p) => {
    expectSame(binomialUpperTail(k, n, share), p); // binom.sf(k - 1, n, share)
  });

  test('a share of nothing or of everything leaves no doubt', () => {
    expect(binomialUpperTail(1, 10, 0)).toBe(0);
    expect(binomialUpperTail(10, 10, 1)).toBe(1);
    expect(binomialUpperTail(11, 10, 0.5)).toBe(0);
  });

  test.each([
    [10, 15.104412573075516],
    [256, 1167.2572785628804],
    [257, 1172.8063546477754],
    [1_000_000, 12_815_518.384658169],
  ])('ln %d! is %d', (n, value) => {
    expectSame(logFactorial(n), value, 1e-14); // gammaln(n + 1)
  });
});

describe('the normal distribution', () => {
  test.each([
    [-5, 2.866515718791933e-7, 0.9999997133484281],
    [-1.5, 0.06680720126885807, 0.9331927987311419],
    [0.3, 0.6179114221889526, 0.3820885778110474],
    [3.2, 0.9993128620620841, 0.0006871379379158471],
    [8, 0.9999999999999993, 6.22096057427174e-16],
  ])('at %d it is %d below and %d above', (z, below, above) => {
    expectSame(normalCdf(z), below, 1e-11); // norm.cdf
    expectSame(normalUpperTail(z), above, 1e-11); // norm.sf
  });

  test.each([
    [0.001, -3.090232306167813],
    [0.3, -0.5244005127080409],
    [0.975, 1.959963984540054],
    [0.9999, 3.719016485455709],
  ])('its quantile at %d is %d', (p, z) => {
    expect(normalQuantile(p)).toBeCloseTo(z, 10); // norm.ppf
  });
});
