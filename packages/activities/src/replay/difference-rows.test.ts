import { expect, test } from 'vitest';
import { differenceRows } from './difference-rows.ts';
import type { Replayed } from './replayed.ts';

const N = 100;
const one = (i: number, compared: boolean): Replayed => {
  const request = { id: `r${i}`, at: 0, path: '/', status: 200, route: 'GET /', inputClass: 'empty' };
  const pass = { request, outcome: 'pass', old: null, now: null, why: null, body: null } as const;
  return compared ? { ...pass, differences: [] } : pass;
};
const verdictOf = (as: 'warn' | 'block', compared: number) => {
  const replayed = Array.from({ length: N }, (_, i) => one(i, i < compared));
  return differenceRows(replayed, { as, ignore: [], tolerate: [] }, 0.05)[0];
};

test.each([
  ['block', 0, 'inconclusive'],
  ['block', 1, 'inconclusive'],
  ['block', 94, 'inconclusive'],
  ['block', 95, 'pass'],
  ['warn', 1, 'pass'],
] as const)(
  'a gate that answers must not differ for (%s) of which %d of 100 were compared: %s',
  (as, compared, verdict) => {
    expect(verdictOf(as, compared)).toMatchObject({ verdict, n: compared });
  },
);

test('says how many were not compared', () => {
  expect(verdictOf('block', 40)?.note).toContain('60 not compared');
});
