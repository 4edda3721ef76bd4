import type { BodyDifferences } from '@sluice/sdk';
import { describe, expect, test } from 'vitest';
import { comparisonOf } from './answer-differences.ts';
import { differingPlaces } from './differing-places.ts';
import { whyWorse } from './send.ts';

const nothing: BodyDifferences = { as: 'warn', ignore: [], tolerate: [] };

function kinds(old: unknown, now: unknown, options: Partial<BodyDifferences> = {}) {
  const found = differingPlaces(old, now, comparisonOf({ ...nothing, ...options }));
  return Object.fromEntries([...found].map(([path, { kind }]) => [path, kind]));
}

describe('two answers', () => {
  test.each([
    ['a value', { a: 1, b: 2 }, { a: 1, b: 3 }, { '$.b': 'value' }],
    ['a type', { a: 1 }, { a: '1' }, { '$.a': 'type' }],
    ['null in the place of a number', { a: 1 }, { a: null }, { '$.a': 'type' }],
    ['a field that is missing', { a: { b: 1, c: 2 } }, { a: { c: 2 } }, { '$.a.b': 'missing' }],
    ['a field that is new', { a: 1 }, { a: 1, 'b c': 2 }, { '$["b c"]': 'extra' }],
    ['a list of another length', { a: [1, 2] }, { a: [1] }, { '$.a': 'length' }],
    ['a list in another order', { a: [{ x: 1, y: 2 }, 3] }, { a: [3, { y: 2, x: 1 }] }, { '$.a': 'order' }],
    ['items of a list', [{ s: 1 }, { s: 2 }], [{ s: 1 }, { s: 3 }], { '$[*].s': 'value' }],
    ['a text that was no JSON', 'busy', '<html>', { $: 'value' }],
    ['whole answers', { a: 1 }, [1], { $: 'type' }],
  ])('differ in %s', (_, old, now, expected) => {
    expect(kinds(old, now)).toEqual(expected);
  });

  test.each([
    ['fields in another order', { a: 1, b: [{}] }, { b: [{}], a: 1 }],
    ['nothing', {}, {}],
    ['the sign of nothing', { a: [-0] }, { a: [0] }],
    ['texts beyond ASCII', { é: '東京' }, { é: '東京' }],
  ])('do not differ in %s', (_, old, now) => {
    expect(kinds(old, now)).toEqual({});
  });

  test('differ only by more than what is tolerated, absolute or relative, where that is said', () => {
    const tolerate = [
      { path: '$.rows[*].score', absolute: 0.1, relative: 0 },
      { path: '$.sum', absolute: 0, relative: 0.01 },
    ];
    const old = { rows: [{ score: 1, other: 1 }], sum: -200 };
    expect(kinds(old, { rows: [{ score: 1.1, other: 1 }], sum: -202 }, { tolerate })).toEqual({});
    expect(kinds(old, { rows: [{ score: 1.2, other: 1.1 }], sum: -203 }, { tolerate })).toEqual({
      '$.rows[*].score': 'value',
      '$.rows[*].other': 'value',
      '$.sum': 'value',
    });
    expect(kinds(old, { rows: [{ score: '1', other: 1 }], sum: -200 }, { tolerate })).toEqual({
      '$.rows[*].score': 'type',
    });
  });

  test('are not looked at where they are ignored: fields that come and go, single items, whole parts', () => {
    const ignore = ['$.id', '$.at', '$.debug', '$.rows[0]', "$['a b'].*"];
    const old = { id: 1, debug: { a: [1] }, rows: [1, 2], 'a b': { c: 1 } };
    expect(kinds(old, { at: 5, debug: {}, rows: [9, 2], 'a b': { d: 2 } }, { ignore })).toEqual({});
    expect(kinds(old, { ...old, rows: [9, 8] }, { ignore })).toEqual({ '$.rows[*]': 'value' });
  });

  test('that are nested as deep as anybody likes are compared as far as that goes', () => {
    const deep = (end: string) => JSON.parse(`${'['.repeat(5000)}${end}${']'.repeat(5000)}`) as unknown;
    expect(kinds(deep('1'), deep('2'))).toEqual({});
    expect(kinds([deep('1'), 1], [deep('1'), 2])).toEqual({ '$[*]': 'value' });
  });

  test('whose fields have whole texts for names do not make whole texts of paths', () => {
    const long = '東'.repeat(100_000);
    expect(kinds({ [long]: 1 }, {})).toEqual({ [`$.${'東'.repeat(100)}…`]: 'missing' });
    const answer = (text: string) => ({ status: 200, body: Buffer.from(text), problem: null });
    expect(whyWorse(answer(`{"${long}":1}`), answer('{}'))?.length).toBeLessThanOrEqual(300);
  });

  test('that differ at more places than anybody reads are left at some point, for others wait meanwhile', () => {
    const fields = (n: number) => Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`f${i}`, n]));
    expect(Object.keys(kinds({ a: [fields(1)] }, { a: [fields(2)] })).length).toBeLessThanOrEqual(1000);
    const rows = Array.from({ length: 60_000 }, (_, i) => [i, i + 1]);
    const turned = rows.map(([a, b]) => [b, a]);
    expect(kinds(rows.slice(0, 10), turned.slice(0, 10))).toEqual({ '$[*]': 'order' });
    // So long a list is not sorted as a whole; and of its items only so many.
    expect(kinds(rows, turned)).toEqual({ '$[*]': 'order', '$[*][*]': 'value' });
  });
});
