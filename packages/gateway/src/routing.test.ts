import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pickRandomVersion, pickVersion, unitHash } from './routing.ts';

const keys = Array.from({ length: 20_000 }, (_, i) => `user-${i}`);

/** Share of keys that go to `id`. */
const share = (weights: Record<string, number>, id: string) =>
  keys.filter((key) => pickVersion(weights, key) === id).length / keys.length;

test('keys spread over versions as the weights say', () => {
  // Standard deviation of a share of 5 % over 20 000 keys: sqrt(.05 * .95 / 20000) = 0.0015; five of them are allowed.
  expect(share({ stable: 95, candidate: 5 }, 'candidate')).toBeCloseTo(0.05, 2);
  expect(share({ a: 1, b: 1, c: 2 }, 'c')).toBeGreaterThan(0.48);
  expect(share({ a: 1, b: 1, c: 2 }, 'c')).toBeLessThan(0.52);
});

test('a key always meets the same version', () => {
  for (const key of keys.slice(0, 100)) {
    expect(pickVersion({ a: 1, b: 1 }, key)).toBe(pickVersion({ b: 1, a: 1 }, key));
  }
});

test('raising a weight moves keys to that version only, and keeps the ones it had', () => {
  const weight = fc.integer({ min: 0, max: 100 });
  fc.assert(
    fc.property(weight, weight, weight, fc.integer({ min: 1, max: 100 }), fc.string(), (a, b, c, more, key) => {
      const before = pickVersion({ a, b, c }, key);
      const after = pickVersion({ a, b, c: c + more }, key);
      expect(after === before || after === 'c').toBe(true);
    }),
  );
});

test('a rollback sends exactly the moved keys back', () => {
  const home = keys.map((key) => pickVersion({ stable: 100 }, key));
  const canary = keys.map((key) => pickVersion({ stable: 90, candidate: 10 }, key));
  const back = keys.map((key) => pickVersion({ stable: 100, candidate: 0 }, key));
  expect(back).toEqual(home);
  expect(new Set(canary)).toEqual(new Set(['stable', 'candidate']));
});

test('nobody is picked while no weight is above 0', () => {
  expect(pickVersion({}, 'key')).toBeNull();
  expect(pickVersion({ a: 0 }, 'key')).toBeNull();
  expect(pickRandomVersion({ a: 0 })).toBeNull();
});

test('requests without a key follow the weights too', () => {
  const picks = Array.from({ length: 20_000 }, () => pickRandomVersion({ a: 9, b: 1, c: 0 }));
  expect(picks.filter((id) => id === 'b').length / picks.length).toBeCloseTo(0.1, 1);
  expect(picks).not.toContain('c');
});

test('the hash is uniform over 64 cells, also for keys that differ in one character', () => {
  const cells = new Array<number>(64).fill(0);
  for (const key of keys) {
    const cell = Math.floor(unitHash(key, 'v1') * 64);
    cells[cell] = (cells[cell] ?? 0) + 1;
  }
  const expected = keys.length / 64;
  const chiSquare = cells.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
  // 63 degrees of freedom: the 99.99 % quantile is 113.5.
  expect(chiSquare).toBeLessThan(113.5);
});
