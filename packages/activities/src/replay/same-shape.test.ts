import { describe, expect, test } from 'vitest';
import { shapeDifferences } from './same-shape.ts';

const shapeDifference = (old: unknown, now: unknown) => [...shapeDifferences(old, now).values()][0]?.why ?? null;

describe('an answer keeps its shape', () => {
  test.each([
    [{ predictions: [1, 2] }, { predictions: [3.5, -2] }],
    [
      { a: 'x', b: null },
      { a: 'y', b: { c: 1 } },
    ],
    [{ a: 1 }, { a: 2, added: true }],
    [[], []],
    [null, 5],
  ])('from %j to %j', (old, now) => {
    expect(shapeDifference(old, now)).toBe(null);
  });
});

describe('an answer loses its shape', () => {
  test.each([
    [{ predictions: [1, 2] }, { predictions: [1] }, '$.predictions has 1 items, had 2'],
    [{ predictions: [1] }, { predictions: [null] }, '$.predictions[0] is null, was number'],
    [{ predictions: [1] }, { predictions: ['1'] }, '$.predictions[0] is string, was number'],
    [{ a: { b: 1 } }, { a: {} }, '$.a.b is missing'],
    [{ a: [] }, { a: {} }, '$.a is object, was list'],
    [{ a: 1 }, [], '$ is list, was object'],
  ])('from %j to %j', (old, now, why) => {
    expect(shapeDifference(old, now)).toBe(why);
  });

  test('and something nested without end is not followed without end', () => {
    const nest = (depth: number) => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
    expect(shapeDifference(nest(5000), nest(5000))).toBe(null);
  });
});
