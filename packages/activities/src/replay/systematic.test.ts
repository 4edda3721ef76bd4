import { describe, expect, test } from 'vitest';
import { holm } from '../statistics/holm.ts';
import type { Difference } from './answer-differences.ts';
import type { Replayed } from './replayed.ts';
import { differingOf } from './systematic.ts';

/** Requests of one kind: how many of them differ in the candidate's answer only, in the second copy's only, in both. */
function replayed(
  path: string,
  counts: { raw?: number; noise?: number; both?: number; same?: number },
  route = 'POST /a',
): Replayed[] {
  const one = (raw: boolean, noise: boolean): Difference => {
    const values = raw ? (['1', '2'] as const) : null;
    return { path, raw: raw ? 'value' : null, noise: noise ? 'value' : null, values };
  };
  const times = (n = 0, differences: Difference[]) => Array.from({ length: n }, () => differences);
  const all = [
    ...times(counts.raw, [one(true, false)]),
    ...times(counts.noise, [one(false, true)]),
    ...times(counts.both, [one(true, true)]),
    ...times(counts.same, []),
  ];
  return all.map((differences, i) => ({
    request: { id: `${route}${path}${i}`, at: 0, path: '/', status: 200, route, inputClass: '{}' },
    outcome: 'pass',
    old: null,
    now: null,
    why: null,
    body: null,
    differences,
  }));
}

describe('a place where answers differ', () => {
  // 31 of 51: Diffy's ratio calls 21.57 % a difference; scipy.stats.binomtest(31, 51, alternative='greater') = 0.0803.
  test('is noise where the old version differs from itself about as often', () => {
    const [place] = differingOf(replayed('$.at', { raw: 31, noise: 20, both: 200, same: 9749 }));
    expect(place).toMatchObject({ compared: 10_000, raw: 231, noise: 220, rawOnly: 31, noiseOnly: 20 });
    expect(place?.p).toBeCloseTo(0.0803, 3);
    expect(place?.systematic).toBe(false);
  });

  // binomtest(10, 12, alternative='greater') = 0.019287109375
  test('is systematic where the candidate differs more often than chance allows', () => {
    const [place] = differingOf(replayed('$.score', { raw: 10, noise: 2, same: 100 }));
    expect(place).toMatchObject({ systematic: true, kinds: { value: 10 } });
    expect(place?.p).toBeCloseTo(0.019287109375, 12);
    expect(place?.examples).toHaveLength(3);
  });

  test('is never systematic because the second copy differs more often than the candidate', () => {
    expect(differingOf(replayed('$.a', { noise: 400 }))).toMatchObject([{ systematic: false, p: 1 }]);
  });

  test('is found although another place always differs', () => {
    const places = [
      ...replayed('$.at', { both: 50, noise: 10, raw: 10 }),
      ...replayed('$.score', { raw: 50 }, 'POST /b'),
    ];
    expect(differingOf(places).map(({ path, systematic }) => [path, systematic])).toEqual([
      ['$.score', true],
      ['$.at', false],
    ]);
  });

  test('takes more where many places are looked at', () => {
    const five = replayed('$.a', { raw: 5 });
    expect(differingOf(five)).toMatchObject([{ systematic: true }]);
    const many = Array.from({ length: 9 }, (_, i) => replayed(`$.b${i}`, { raw: 1, noise: 1 }, `POST /${i}`)).flat();
    expect(differingOf([...five, ...many])[0]).toMatchObject({ path: '$.a', systematic: false });
  });

  // statsmodels multipletests([0.01, 0.02, 0.03, 0.5], method='holm')[1]
  test('has p values corrected as Holm does', () => {
    const corrected = holm([0.01, 0.02, 0.03, 0.5]);
    [0.04, 0.06, 0.06, 0.5].forEach((p, i) => {
      expect(corrected[i]).toBeCloseTo(p, 12);
    });
  });
});
