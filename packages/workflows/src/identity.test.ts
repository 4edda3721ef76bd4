import { stepPath } from '@sluice/sdk';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attemptId, countedId, sliceId } from './identity.ts';

const bytes = (text: string) => new TextEncoder().encode(text).length;
const key = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1_000 });

describe('the id of an attempt', () => {
  it('is the step, its kind and the attempt', () => {
    expect(attemptId(stepPath([{ map: 'airport', key: 'EWR' }], 'delay'), 'train', 2)).toBe(
      'airport=EWR/delay:train#2',
    );
  });

  it('is short enough for Temporal, and another for another step or attempt, whatever the keys are', () => {
    fc.assert(
      fc.property(key, key, fc.integer({ min: 1, max: 2_000 }), (one, other, attempt) => {
        const [a, b] = [one, other].map((k) => stepPath([{ map: 'ключ', key: k }], 'delay')) as [string, string];
        expect(bytes(attemptId(a, 'train', attempt))).toBeLessThan(1_000);
        expect(attemptId(a, 'train', attempt) === attemptId(b, 'train', attempt)).toBe(a === b);
        expect(attemptId(a, 'train', attempt)).not.toBe(attemptId(a, 'train', attempt + 1));
      }),
    );
  });

  it('tells long keys apart that begin and end alike', () => {
    const long = (middle: string) => `key=${'x'.repeat(500)}${middle}${'x'.repeat(500)}/work`;
    expect(attemptId(long('a'), 'step', 1)).not.toBe(attemptId(long('b'), 'step', 1));
  });
});

it('what is asked for again has another id, so that two of it may be under way', () => {
  expect([countedId('shop:look'), countedId('shop:look'), countedId('other:look')]).toEqual([
    'shop:look#1',
    'shop:look#2',
    'other:look#1',
  ]);
});

it('a slice of a map is known by its keys, their order and its place', () => {
  const id = (from: number, ...keys: string[]) => sliceId('pipe/run', 'airport', { from, keys });
  expect(id(0, 'a', 'b')).toMatch(/^pipe\/run\/airport\/0-[0-9a-f]{16}$/);
  expect(bytes(sliceId('ключ'.repeat(120), 'город'.repeat(20), { from: 0, keys: ['a'] }))).toBeLessThan(1_000);
  const all = [id(0, 'a', 'b'), id(0, 'b', 'a'), id(0, 'a'), id(0, 'a,b'), id(2, 'a', 'b')];
  expect(new Set(all).size).toBe(all.length);
});
