import { expect, test } from 'vitest';
import { studentQuantile, studentUpperTail } from './student-t.ts';

test.each([
  // closed forms of 1 and 2 degrees of freedom; then scipy.stats.t.ppf
  [1, 1, 0.25],
  [Math.sqrt(3), 1, 1 / 6],
  [2, 2, 0.5 - 1 / Math.sqrt(6)],
  [-2, 2, 0.5 + 1 / Math.sqrt(6)],
  [0, 7, 0.5],
  [2.570581835636314, 5, 0.025],
  [2.0422724563012373, 30, 0.025],
  [3.6459586350420214, 30, 0.0005],
  [1.9599639845, 1e9, 0.025],
])('Student’s t above %d with %d degrees of freedom', (t, df, tail) => {
  expect(studentUpperTail(t, df)).toBeCloseTo(tail, 7);
});

test('far in the tail nothing is lost', () => {
  // one degree of freedom is Cauchy's: arctan(1/t)/π
  expect(studentUpperTail(1e8, 1) / (Math.atan(1e-8) / Math.PI)).toBeCloseTo(1, 10);
  expect(studentUpperTail(Number.POSITIVE_INFINITY, 9)).toBe(0);
});

test('a quantile has its tail above it', () => {
  for (const df of [1, 3, 29, 5000]) {
    for (const tail of [0.25, 0.025, 1e-6]) {
      expect(studentUpperTail(studentQuantile(tail, df), df) / tail).toBeCloseTo(1, 6);
    }
  }
});
