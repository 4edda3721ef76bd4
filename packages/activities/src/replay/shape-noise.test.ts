import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Difference } from './answer-differences.ts';
import type { Entry } from './diary.ts';
import { shapeNoiseOf, withinNoise } from './shape-noise.ts';
import { type Failed, proofsFor, toConfirm } from './to-confirm.ts';

const kind = { route: 'POST /a', inputClass: '{}' };
const other = { route: 'POST /b', inputClass: '{}' };
const LEFT_OUT = '$.a is missing';

/** What first answers to requests of a kind showed: the candidate's only, the second copy's only, both, none. */
function answers(
  counts: { raw?: number; noise?: number; both?: number; same?: number },
  { of = kind, name = LEFT_OUT, from = 0 } = {},
): Failed[] {
  const one = (raw: boolean, noise: boolean): Difference[] => {
    return [{ path: name, raw: raw ? 'missing' : null, noise: noise ? 'missing' : null, values: null }];
  };
  const times = (n = 0, shape: Difference[]) => Array.from({ length: n }, () => shape);
  const all = [
    ...times(counts.raw, one(true, false)),
    ...times(counts.noise, one(false, true)),
    ...times(counts.both, one(true, true)),
    ...times(counts.same, []),
  ];
  return all.map((shape, i) => {
    const place = from + i;
    const failed = shape.some(({ raw }) => raw !== null);
    const reply = failed ? { status: 200, text: '{}' } : null;
    const entry: Entry = {
      ...{ outcome: failed ? 'unconfirmed' : 'pass', old: reply, now: reply, why: failed ? name : null, body: null },
      differences: [],
      ...(shape.length === 0 ? {} : { shape }),
    };
    const asked = { id: `r${place}`, at: place, method: 'POST', path: '/', status: 200, ...of };
    return { place, entry, asked: { ...asked, offset: 0, headBytes: 0, bodyBytes: 0 } };
  });
}

const noiseOf = (all: readonly Failed[]) => shapeNoiseOf(all.map(({ asked, entry }) => ({ request: asked, ...entry })));

describe('a difference in shape', () => {
  test.each([
    ['counts where the old version never differs from itself', { raw: 1, same: 4999 }, 'counts'],
    ['is noise where the old version differs from itself about as often', { raw: 31, noise: 20, both: 9 }, 'noise'],
    ['is more than noise where it does so once in 5,000 and the candidate always', { raw: 4999, both: 1 }, 'more'],
    // binomtest(40, 59, alternative='greater') = 0.0043
    ['is more than noise where the exact test says so', { raw: 40, noise: 19 }, 'more'],
    ['is in doubt where the candidate differs so seldom that each can be looked at', { raw: 3, noise: 1 }, 'doubtful'],
  ] as const)('%s', (_, counts, standing) => {
    expect(noiseOf(answers(counts)).standing(kind, LEFT_OUT)).toBe(standing);
  });

  test('is in doubt in a kind of request without noise, where another kind has some', () => {
    const all = [...answers({ raw: 50, noise: 50 }), ...answers({ raw: 2, same: 8 }, { of: other })];
    expect(noiseOf(all).standing(kind, LEFT_OUT)).toBe('noise');
    expect(noiseOf(all).standing(other, LEFT_OUT)).toBe('doubtful');
  });

  test('is in doubt where the old version differs from itself at that place in another way', () => {
    const all = answers({ raw: 50, noise: 50 }, { name: '$.tags is shorter' });
    expect(noiseOf(all).standing(kind, '$.tags is empty')).toBe('doubtful');
    expect(noiseOf(all).standing(kind, '$.tags[*].text is missing')).toBe('counts');
  });

  test('is more than noise in many small kinds together, of which none shows enough', () => {
    const all = Array.from({ length: 60 }, (_, i) => {
      return answers({ raw: 1, both: 1 }, { of: { ...kind, inputClass: `{k${i}}` } });
    }).flat();
    expect(noiseOf(all).standing({ ...kind, inputClass: '{k7}' }, LEFT_OUT)).toBe('more');
    expect(noiseOf(all).places).toEqual([]);
  });

  test('of an answer that the second copy did not give is not counted', () => {
    const all = answers({ raw: 30, noise: 30 }).map((one) => {
      const { differences: _, ...entry } = one.entry;
      return { ...one, entry };
    });
    expect(noiseOf(all).places).toEqual([]);
  });

  test('that passes is told as such, with how often the old version differs from itself', () => {
    const all = answers({ raw: 31, noise: 20, both: 9, same: 40 });
    expect(noiseOf(all).places).toMatchObject([{ ...kind, path: LEFT_OUT, compared: 100, raw: 40, noise: 29 }]);
    const passing = all.map(({ entry }) => ({ ...entry, outcome: 'pass' as const }));
    expect(withinNoise(passing)).toHaveLength(40);
  });
});

describe('what failed is sorted', () => {
  const places = (some: readonly Failed[]) => some.map(({ place }) => place);
  const told = (all: readonly Failed[]) => {
    const failed = all.filter(({ entry }) => entry.now !== null);
    const { more, failed: toAsk, noise, proofs } = toConfirm(failed, noiseOf(all));
    return { more: places(more).sort(), failed: places(toAsk), noise: places(noise).sort(), proofs };
  };

  test('the same whatever the order in which answers came, and whatever has been confirmed since', () => {
    const count = fc.nat({ max: 40 });
    const counts = fc.record({ raw: count, noise: count, both: count, same: count });
    fc.assert(
      fc.property(counts, counts, counts, fc.infiniteStream(fc.nat()), (a, b, c, random) => {
        const all = [
          ...answers(a),
          ...answers(b, { of: other, from: 200 }),
          ...answers(c, { name: '$.b is missing', from: 400 }),
        ];
        const mixed = all.map((one) => ({ one, at: random.next().value as number })).sort((x, y) => x.at - y.at);
        expect(told(mixed.map(({ one }) => one)).more).toEqual(told(all).more);
        const { failed, noise, proofs } = told(mixed.map(({ one }) => one));
        expect({ failed: [...failed].sort(), noise, proofs }).toEqual({
          ...{ failed: told(all).failed.sort(), noise: told(all).noise, proofs: told(all).proofs },
        });
        const settled = all.map((one) => ({ ...one, entry: { ...one.entry, outcome: 'flaky' as const } }));
        expect(told(settled)).toEqual(told(all));
      }),
      { numRuns: 60 },
    );
  });

  test('so that of very many in doubt the first of each kind are asked for again', () => {
    const kinds = (inputClass: string, counts: Parameters<typeof answers>[0], from: number) =>
      Array.from({ length: 60 }, (_, i) => {
        return answers(counts, { of: { ...kind, inputClass: `${inputClass}${i}` }, from: from + 4 * i });
      }).flat();
    const all = [...kinds('a', { raw: 4 }, 0), ...kinds('b', { noise: 4 }, 300)];
    const { failed, noise } = told([...all, ...answers({ raw: 1 }, { of: other, from: 900 })]);
    expect(failed).toHaveLength(200);
    expect(failed).toContain(900);
    expect(noise).toHaveLength(41);
  });

  test('and a difference in doubt must show as often as the number of them asks for', () => {
    // 1 / C(2 m + 1, m): C(7, 3) = 35, C(9, 4) = 126, C(17, 8) = 24310.
    expect([1, 2, 3, 200, 600].map(proofsFor)).toEqual([4, 4, 4, 8, 8]);
  });
});
