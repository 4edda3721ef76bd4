import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../statistics/random.ts';
import { metricOf } from '../table.ts';
import { featureRows } from './feature-rows.ts';
import { fid } from './fid.ts';
import { kid, kidProducts } from './kid.ts';

/** Features that are written down quickly in Python too. */
function rows(count: number, columns: number, frequency: number) {
  return featureRows(
    Array.from({ length: count }, (_, i) =>
      Array.from({ length: columns }, (_, j) => Math.sin(1 + i * frequency + j * j) + ((i % 7) * j) / 20),
    ),
  );
}

/** Sum of the variances of both, nearly: what the distance is a small difference of. */
function variance(...sets: readonly ReturnType<typeof rows>[]): number {
  return (
    sets.reduce((sum, { rows, values }) => sum + values.reduce((all, value) => all + value * value, 0) / rows, 0) / 2
  );
}

describe('equal to torch-fidelity 0.4.0 on the same features', () => {
  test.each([
    [50, 8, 0.004696143875179359, -0.27123054315180006],
    [40, 60, 0.06590707724240019, -7180.9238998377405],
  ])('%i rows of %i features', (count, columns, frechet, kernel) => {
    const [a, b] = [rows(count, columns, 1.3), rows(count, columns, 2.1)];
    // fid_statistics_to_metric(*[fid_features_to_statistics(x) for x in (a, b)], False)
    // These features have a rank of 3, where its roots of what is nearly 0 leave a ten-millionth of the variances; ours
    // are exact, see below. Features of full rank are in the parity test, equal to 1e-9.
    expect(Math.abs((fid(a, b) ?? 0) - frechet)).toBeLessThan(1e-6 * variance(a, b));
    // kid_features_to_metric(a, b, kid_subset_size=n, kid_subsets=1)
    expect(Math.abs((kid(a, b)?.mean ?? 0) - kernel)).toBeLessThan(1e-9 * Math.abs(kernel));
  });
});

describe('distances of features', () => {
  test('the same features are at no distance, shifted ones at the square of the shift', () => {
    const a = rows(60, 5, 1.3);
    expect(fid(a, a)).toBeCloseTo(0, 9);
    expect(fid(a, { ...a, values: a.values.map((value) => value + 2) })).toBeCloseTo(5 * 4, 8);
  });

  test('features that say the same thing eight times leave the distance as it is: no root of a singular matrix', () => {
    const random = seededRandom(3);
    const draw = (shift: number) =>
      Array.from({ length: 300 }, () =>
        Array.from({ length: 8 }, (_, j) => (random.next() / 2 ** 31 - 1) * (1 + j) + shift),
      );
    const often = (set: number[][]) =>
      featureRows(set.map((row) => Array.from({ length: 8 }, () => row.map((value) => value / Math.sqrt(8))).flat()));
    const [a, b] = [draw(0), draw(0.1)];
    const once = fid(featureRows(a), featureRows(b)) ?? 0;
    expect(Math.abs((fid(often(a), often(b)) ?? 0) / once - 1)).toBeLessThan(1e-9);
  });

  test('the mean over subsets is about that of whole sets, and the same for the same seed', () => {
    const [a, b] = [rows(400, 6, 1.3), rows(300, 6, 1.7)];
    const whole = kid(a, b)?.mean ?? 0;
    const some = kid(a, b, { subsets: 200, subsetSize: 50, seed: 1 });
    expect(some).toMatchObject({ subsets: 200, subsetSize: 50 });
    // Unbiased: off by a few standard errors at most.
    expect(Math.abs((some?.mean ?? 0) - whole)).toBeLessThan((4 * (some?.sd ?? 0)) / Math.sqrt(200));
    expect(kid(a, b, { subsets: 200, subsetSize: 50, seed: 1 })).toEqual(some);
    expect(kid(a, b, { subsets: 200, subsetSize: 50, seed: 2 })?.mean).not.toBe(some?.mean);
  });

  test('a distance that would hold the worker for minutes is refused, with the way to a small one', () => {
    const large = featureRows(Array.from({ length: 2000 }, (_, i) => new Float32Array(1024).fill(i)));
    expect(kidProducts(large, large, { subsets: 100, subsetSize: 1000 })).toBeGreaterThan(1e10);
    expect(kidProducts(large, large, { subsets: 10, subsetSize: 100 })).toBeLessThan(2e9);
    const parts = Array.from({ length: 2000 }, (_, i) => [new Array(1024).fill(i), new Array(1024).fill(i)] as const);
    const metric = metricOf('kid');
    expect(() => metric.of === 'corpus' && metric.score(parts as never)).toThrow(/takes too long/);
  });

  test('one row has no covariance: no distance', () => {
    expect(fid(rows(1, 3, 1), rows(5, 3, 1))).toBeNull();
    expect(kid(rows(5, 3, 1), rows(1, 3, 1))).toBeNull();
  });

  test('features of different extractors are refused, and what is no number too', () => {
    expect(() => fid(rows(5, 3, 1), rows(5, 4, 1))).toThrow('One set has 3 features, the other 4.');
    expect(() => featureRows([[1, 2], [3]])).toThrow(
      'The features of number 2 have 1 numbers, and those of number 1 2.',
    );
    expect(() => featureRows([[1, Number.NaN]])).toThrow('The features of number 1 have NaN among their numbers.');
  });
});

test('a distance that would hold up the worker for minutes is refused, whatever is large', () => {
  const metric = metricOf('fid');
  const set = (cases: number, features: number) =>
    Array.from({ length: cases }, (_, i) => {
      const row = Array.from({ length: features }, (_, j) => Math.sin(i + j * j));
      return [row, row];
    });
  expect(() => metric.of === 'corpus' && metric.score(set(513, 513))).toThrow('takes too long');
  expect(metric.of === 'corpus' && metric.score(set(5, 2048))).toBeCloseTo(0, 6);
  expect(metric.of === 'corpus' && metric.score(set(2000, 4))).toBeCloseTo(0, 6);
});
