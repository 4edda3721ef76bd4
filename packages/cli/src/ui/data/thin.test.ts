import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MOST_POINTS, type Point, thinned } from './thin.ts';

const curve = fc
  .array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 5_000 })
  .map((values) => values.map((value, index): Point => [index * 10, value]));

test('a short curve is shown as it is', () => {
  const points: Point[] = [
    [1, 2],
    [2, 1],
  ];
  expect(thinned(points)).toEqual(points);
  expect(thinned([])).toEqual([]);
});

test('a long curve keeps its ends, its peaks and its order, and has at most a thousand points', () => {
  fc.assert(
    fc.property(curve, (points) => {
      const kept = thinned(points);
      expect(kept.length).toBeLessThanOrEqual(MOST_POINTS);
      expect(kept[0]).toEqual(points[0]);
      expect(kept.at(-1)).toEqual(points.at(-1));
      const values = (list: readonly Point[]) => list.map(([, value]) => value);
      expect(Math.max(...values(kept))).toBe(Math.max(...values(points)));
      expect(Math.min(...values(kept))).toBe(Math.min(...values(points)));
      expect(kept.every(([at], index) => index === 0 || at > (kept[index - 1]?.[0] ?? 0))).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('a spike of one point among a million is there', () => {
  const points = Array.from({ length: 1_000_000 }, (_, index): Point => [index, index === 654_321 ? 99 : 1]);
  expect(thinned(points).some(([at, value]) => at === 654_321 && value === 99)).toBe(true);
});

test('what is no finite number is left out', () => {
  expect(
    thinned([
      [1, Number.NaN],
      [2, 3],
      [3, Number.POSITIVE_INFINITY],
    ]),
  ).toEqual([[2, 3]]);
});
