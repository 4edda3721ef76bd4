import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkName, encodeKey, stepPath } from './name.ts';

const key = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1 }),
  fc.string({ unit: fc.constantFrom('/', '=', '%', '2', 'F', 'a', ' ', '\n'), minLength: 1 }),
);
const name = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,5}$/);
const scopes = fc.array(fc.record({ map: name, key }), { maxLength: 3 });

describe('a declared name', () => {
  it.each(['a', '7', 'flight-delays', 'v1.2_x', 'дом', '東京', 'é', 'हिन्दी', 'x'.repeat(100)])('may be %s', (good) => {
    expect(() => checkName('step', good)).not.toThrow();
  });

  it.each([
    '',
    ' ',
    'a b',
    'a/b',
    'a=b',
    '.hidden',
    '-x',
    '_x',
    '__proto__',
    'a\n',
    'x'.repeat(101),
    'cafe\u0301',
    '🚀',
    7,
    null,
    undefined,
  ])('may not be %j', (bad) => {
    expect(() => checkName('step', bad as string)).toThrow(/step name .* is not usable/s);
  });
});

describe('a key in a path', () => {
  it('stays readable where it can', () => {
    expect(encodeKey('Łódź-42.ü')).toBe('Łódź-42.ü');
    expect(encodeKey('b/ad=ключ %\n\u0007')).toBe('b%2Fad%3Dключ%20%25%0A%07');
  });

  it('can be read back, so no two keys share a path', () => {
    fc.assert(fc.property(key, (one) => decodeURIComponent(encodeKey(one)) === one));
    fc.assert(fc.property(key, key, (a, b) => (encodeKey(a) === encodeKey(b)) === (a === b)));
  });

  it('is on one line, and never looks like a border of the path', () => {
    fc.assert(fc.property(key, (one) => !/[/=\s]/.test(encodeKey(one))));
  });
});

describe('the path of a step', () => {
  it('is its name, below the map branches it stands in', () => {
    expect(stepPath([], 'delay')).toBe('delay');
    expect(
      stepPath(
        [
          { map: 'airport', key: 'EWR' },
          { map: 'fold', key: '1/2' },
        ],
        'delay',
      ),
    ).toBe('airport=EWR/fold=1%2F2/delay');
  });

  it('is different for every other place', () => {
    fc.assert(
      fc.property(scopes, name, scopes, name, (a, nameA, b, nameB) => {
        const same = JSON.stringify([a, nameA]) === JSON.stringify([b, nameB]);
        expect(stepPath(a, nameA) === stepPath(b, nameB)).toBe(same);
      }),
    );
  });
});
