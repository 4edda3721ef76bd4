import { describe, expect, it } from 'vitest';
import { jensenShannon, kolmogorovSmirnov, psi, wasserstein } from './distances.ts';

const reference = [10, 20, 30, 40, 0];
const current = [20, 20, 20, 30, 10];

describe('distances of two distributions', () => {
  it('are nothing between a distribution and itself at another size', () => {
    const doubled = current.map((count) => 2 * count);
    expect(psi(current, doubled)).toBeCloseTo(0, 12);
    expect(jensenShannon(current, doubled)).toBeCloseTo(0, 7);
    expect(kolmogorovSmirnov(current, doubled)).toBeCloseTo(0, 12);
  });

  it('JS is that of scipy.spatial.distance.jensenshannon', () => {
    expect(jensenShannon(reference, current)).toBeCloseTo(0.2275299228810469, 12);
    expect(jensenShannon([1, 0], [0, 1])).toBeCloseTo(Math.sqrt(Math.LN2), 12);
  });

  it('PSI is that of numpy by the formula, with empty bins filled as Evidently does', () => {
    expect(psi(reference, current)).toBeCloseTo(0.8287141884823046, 12);
    expect(psi([1, 9999, 0], [0, 5, 5])).toBeCloseTo(11.512806155519234, 10);
  });

  it('KS is the greatest difference of the cumulative shares: .1 after the first bin, .1 after the fourth', () => {
    expect(kolmogorovSmirnov(reference, current)).toBeCloseTo(0.1, 12);
    expect(kolmogorovSmirnov([1, 0], [0, 1])).toBe(1);
  });

  it('Wasserstein of point masses is that of scipy.stats.wasserstein_distance', () => {
    const points = [1, 2, 5].map((value) => ({ from: value, to: value }));
    expect(wasserstein(points, [3, 5, 2], [1, 1, 8])).toBeCloseTo(2, 12);
  });

  it('Wasserstein of bins is the area between two broken lines, also where they cross', () => {
    // |F - G| is a triangle over [0, 3] of height .3 for the first; numpy's trapezoids over 4 million points for the second
    expect(
      wasserstein(
        [
          { from: 0, to: 1 },
          { from: 1, to: 3 },
        ],
        [3, 7],
        [6, 4],
      ),
    ).toBeCloseTo(0.45, 12);
    const spans = [
      { from: 0, to: 1 },
      { from: 1, to: 2 },
      { from: 2, to: 4 },
    ];
    expect(wasserstein(spans, [5, 1, 4], [2, 6, 2])).toBeCloseTo(0.48, 9);
  });
});
