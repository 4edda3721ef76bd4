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

describe('by name, differences in shape', () => {
  test.each([
    [
      { rows: [{ tags: ['a', 'b'] }, { tags: ['a'] }] },
      { rows: [{ tags: ['a'] }, { tags: [] }] },
      ['$.rows[*].tags is empty', '$.rows[*].tags is shorter'],
    ],
    [[1], [1, 2], ['$ is longer']],
    [{ a: 1, 'b c': 1, d: 'x' }, { d: null }, ['$.a is missing', '$.d is null', '$["b c"] is missing']],
    // Lists of different lengths are compared as far as both go.
    [
      { rows: [{ a: 1 }, { a: 1 }] },
      { rows: [{}] },
      ['$.rows is shorter', '$.rows[*] is empty', '$.rows[*].a is missing'],
    ],
  ])('from %j to %j are told', (old, now, names) => {
    expect([...shapeDifferences(old, now).keys()].sort()).toEqual(names);
  });

  test('are at most fifty, and what is beyond them shares a name', () => {
    const old = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`f${i}`, 1]));
    const names = [...shapeDifferences(old, {}).keys()];
    expect(names).toHaveLength(51);
    expect(names).toContain('(other places)');
  });

  test('in lists of a million items take no longer than looking at them', () => {
    const list = (item: unknown) => Array.from({ length: 1_000_000 }, () => item);
    expect([...shapeDifferences(list({ a: 1 }), list({ a: 1 })).keys()]).toEqual([]);
    expect([...shapeDifferences(list(1), list('1')).keys()]).toEqual(['$[*] is string']);
  });
});
