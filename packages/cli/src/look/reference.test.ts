import { describe, expect, it } from 'vitest';
import { parseReferences } from './reference.ts';

const hex = 'ab12'.repeat(16);

describe('an artifact is named', () => {
  it.each([
    ['ab12ab12', { by: 'digest', hex: 'ab12ab12', shape: null }],
    ['AB12AB12', { by: 'digest', hex: 'ab12ab12', shape: null }],
    [`sha256:${hex}`, { by: 'digest', hex, shape: null }],
    [`sluice:tree/${hex}`, { by: 'digest', hex, shape: 'tree' }],
    [`sluice:blob/${hex}`, { by: 'digest', hex, shape: 'blob' }],
  ])('by %s', (word, expected) => {
    expect(parseReferences([word], 1)).toEqual([expected]);
  });

  it('by a run and one of its steps, also where two are wanted', () => {
    const step = { by: 'step', run: 'delays/one', step: 'airport=EWR/delay' };
    expect(parseReferences(['delays/one', 'airport=EWR/delay'], 1)).toEqual([step]);
    const digest = { by: 'digest', hex: 'ab12ab12', shape: null };
    expect(parseReferences(['delays/one', 'airport=EWR/delay', 'ab12ab12'], 2)).toEqual([step, digest]);
    expect(parseReferences(['ab12ab12', 'delays/one', 'airport=EWR/delay'], 2)).toEqual([digest, step]);
  });

  it('and a run whose key looks like a short digest is a run, where a step follows', () => {
    expect(parseReferences(['42', 'delay'], 1)).toEqual([{ by: 'step', run: '42', step: 'delay' }]);
  });
});

it.each([
  [['ab12'], 1, 'The digest ab12 is too short: it has 4 digits.'],
  [['sha256:ab12'], 1, 'The digest sha256:ab12 has 4 digits.'],
  [[`${hex}0`], 1, 'names no artifact'],
  [['sha256:xyz'], 1, '"sha256:xyz" is no digest.'],
  [['sluice:tree/'], 1, '"sluice:tree/" is no digest.'],
  [['delays/one'], 1, '"delays/one" names no artifact.'],
  [['ab12ab12', 'cd34cd34'], 1, 'One artifact is wanted, and 2 are named.'],
  [['ab12ab12'], 2, '2 artifacts are wanted, and 1 is named.'],
])('refuses %j', (words, count, message) => {
  expect(() => parseReferences(words, count)).toThrow(message);
});
