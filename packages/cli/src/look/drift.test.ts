import { describe, expect, it } from 'vitest';
import { driftOf } from './drift.ts';
import { numbers, words } from './testing.ts';

const uniform = (from: number, to: number, count = 1000) =>
  Array.from({ length: count }, (_, index) => from + ((index + 0.5) * (to - from)) / count);

describe('drift of numbers', () => {
  it('is 0 of the same values', () => {
    expect(driftOf(numbers('x', uniform(0, 1)), numbers('x', uniform(0, 1)))).toBeCloseTo(0, 2);
  });

  it('is 1 where they have nothing in common', () => {
    expect(driftOf(numbers('x', uniform(0, 1)), numbers('x', uniform(5, 6)))).toBe(1);
  });

  it('is the largest gap between the cumulative shares', () => {
    // Uniform on [0, 1] and on [0.25, 1.25]: F(x) - G(x) = 0.25 from 0.25 to 1.
    expect(driftOf(numbers('x', uniform(0, 1)), numbers('x', uniform(0.25, 1.25)))).toBeCloseTo(0.25, 1);
  });

  it('sees a value that has become more frequent', () => {
    const some = [...uniform(0, 1, 900), ...Array.from({ length: 100 }, () => 0)];
    const many = [...uniform(0, 1, 500), ...Array.from({ length: 500 }, () => 0)];
    const drift = driftOf(numbers('x', some), numbers('x', many)) ?? 0;
    expect(drift).toBeGreaterThan(0.3);
    expect(drift).toBeLessThan(0.5);
  });
});

describe('drift of words', () => {
  it('is half the sum of the differences of their shares', () => {
    expect(driftOf(words('x', { EWR: 50, JFK: 50 }), words('x', { EWR: 80, JFK: 20 }))).toBeCloseTo(0.3, 10);
  });

  it('is 1 where they have nothing in common', () => {
    expect(driftOf(words('x', { EWR: 5 }), words('x', { JFK: 5 }))).toBe(1);
  });

  it('does not count what one list is only too short to name', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`w${index}`, 10]));
    const other = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`w${99 - index}`, 10]));
    expect(driftOf(words('x', many), words('x', other))).toBeCloseTo(0, 10);
  });
});

it('drift is not known without values, or between numbers and words', () => {
  expect(driftOf(words('x', {}), words('x', { a: 1 }))).toBeNull();
  expect(driftOf(numbers('x', [1, 2]), words('x', { a: 1 }))).toBeNull();
});
