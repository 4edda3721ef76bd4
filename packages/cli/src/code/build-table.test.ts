import { expect, test } from 'vitest';
import { type KnownBuild, planBuilds, SERVED_AT_ONCE } from './build-table.ts';

const now = Date.UTC(2026, 0, 2);
const minute = 60_000;
const day = 24 * 60 * minute;

const build = (id: string, more: Partial<KnownBuild> = {}): KnownBuild => ({
  ...{ id, at: now, openRuns: 0, askedAt: null },
  ...more,
});
const many = (count: number, more: Partial<KnownBuild> = {}) =>
  Array.from({ length: count }, (_, index) => build(`b${index}`, { at: now - index * minute, ...more }));

test('the current build is served, and those that have open runs, and no other', () => {
  const builds = [build('old', { openRuns: 2 }), build('idle'), build('current')];
  expect(planBuilds(builds, 'current', now)).toEqual({ serve: ['current', 'old'], waiting: [], forget: [] });
});

test('a build that somebody asks for is served for ten minutes', () => {
  const asked = (minutes: number) => planBuilds([build('old', { askedAt: now - minutes * minute })], null, now).serve;
  expect(asked(9)).toEqual(['old']);
  expect(asked(11)).toEqual([]);
});

test('where too many have open runs the oldest wait, and whoever looks gets a place', () => {
  const open = many(SERVED_AT_ONCE + 3, { openRuns: 1 });
  const plan = planBuilds([build('current', { at: now + 1 }), ...open], 'current', now);
  expect(plan.serve).toHaveLength(SERVED_AT_ONCE);
  expect(plan.waiting).toEqual(['b11', 'b12', 'b13', 'b14']);
  const guest = planBuilds([...open, build('current'), build('guest', { askedAt: now })], 'current', now);
  expect(guest.serve).toContain('guest');
  expect(guest.serve).toHaveLength(SERVED_AT_ONCE);
  expect(guest.waiting).toHaveLength(5);
});

test('the bundles of the last fifty builds are kept for a week, and those with open runs for ever', () => {
  const plan = planBuilds(
    [...many(60), build('old', { at: now - 8 * day }), build('open', { at: 0, openRuns: 1 })],
    'b0',
    now,
  );
  expect(plan.forget).toEqual([...Array.from({ length: 9 }, (_, index) => `b${51 + index}`), 'old']);
  expect(plan.serve).toEqual(['b0', 'open']);
});

test('no builds, no plan', () => {
  expect(planBuilds([], null, now)).toEqual({ serve: [], waiting: [], forget: [] });
});
