import { expect, test } from 'vitest';
import { runOfRollout } from './endpoint.ts';
import { phaseTraffic, shareChange } from './endpoint-history.ts';
import { windowOf } from './gateway-traffic.ts';
import { percent, trafficSeries } from './traffic-series.ts';

const none = { p50: null, p95: null };

test('shares and counts of a version stand in one line, and nothing is told that nobody kept', () => {
  const [a, b] = trafficSeries(
    {
      shares: [
        { at: 1_000, weights: { a: 100 } },
        { at: 50_000, weights: { a: 90, b: 10 } },
        { at: 80_000, weights: { b: 100 } },
      ],
      phases: [],
    },
    [
      {
        at: 60_000,
        seconds: 15,
        versions: { a: { requests: 9, errors: 0, p50: 5, p95: 8 }, b: { requests: 1, errors: 1, ...none } },
      },
    ],
    { at: 90_000, weights: { b: 100 } },
  );
  expect(a?.version).toBe('a');
  expect(a?.points.map(({ at, share, requests }) => [at, share, requests])).toEqual([
    [1_000, 100, null],
    [50_000, 90, null],
    [60_000, 90, 9],
    [80_000, 0, null],
    [90_000, 0, null],
  ]);
  expect(b?.points.map(({ at, share, errors, p50 }) => [at, share, errors, p50])).toEqual([
    [50_000, 10, null, null],
    [60_000, 10, 1, null],
    [80_000, 100, null, null],
    [90_000, 100, null, null],
  ]);
});

test('what a phase was judged by is told where the gateway has forgotten it, and is not counted twice', () => {
  const phases = [
    { at: 30_000, seconds: 20, versions: { b: { requests: 40, errors: 2 } } },
    { at: 100_000, seconds: 20, versions: { b: { requests: 50, errors: 0 } } },
  ];
  const window = { at: 105_000, seconds: 15, versions: { b: { requests: 30, errors: 0, ...none } } };
  const [b] = trafficSeries({ shares: [], phases }, [window], { at: 110_000, weights: {} });
  expect(b?.points.map(({ at, requests, share, seconds }) => [at, requests, share, seconds])).toEqual([
    [30_000, 40, null, 20],
    [105_000, 30, null, 15],
  ]);
});

test('shares are percent of all weights, and a split of nothing is nothing', () => {
  expect(percent({ a: 1, b: 2 }, 'b')).toBe(66.67);
  expect(percent({}, 'a')).toBe(0);
  expect(percent({ a: 0 }, 'a')).toBe(0);
});

test('a change that was refused, or that nobody saw in force, is none', () => {
  const input = { weights: { a: 100 } };
  expect(shareChange(input, { at: 5, refused: null })).toEqual({ at: 5, weights: { a: 100 } });
  expect(shareChange(input, { at: 5, refused: 'not ready' })).toBeNull();
  expect(shareChange(input, undefined)).toBeNull();
  expect(shareChange(null, null)).toBeNull();
});

test("a phase tells the judge's counts, and nothing where it has none", () => {
  const input = { candidate: 'v-2', stable: 'v-1', since: 1_000 };
  const phase = { candidate: { hits: 1, of: 20 }, stable: { hits: 0, of: 80 } };
  const memory = { countedUntil: 11_000, judge: { metrics: { errors: { phase } } } };
  expect(phaseTraffic(input, { memory }, 12_000)).toEqual({
    at: 11_000,
    seconds: 10,
    versions: { 'v-2': { requests: 20, errors: 1 }, 'v-1': { requests: 80, errors: 0 } },
  });
  const said = { phase: 'canary 5 %', verdict: 'pass', reason: null };
  expect(phaseTraffic({ ...input, phase: said.phase }, { ...said, memory }, 12_000)).toMatchObject(said);
  expect(phaseTraffic(input, { memory: null }, 12_000)).toBeNull();
  expect(phaseTraffic({ ...input, since: 11_000 }, { memory }, 12_000)).toBeNull();
  expect(phaseTraffic({ ...input, stable: null }, { memory }, 12_000)?.versions).toEqual({
    'v-2': { requests: 20, errors: 1 },
  });
});

test('a window of which no second is complete is none', () => {
  expect(windowOf({ since: 15_000, until: 15_000, versions: {} })).toBeNull();
});

test.each([
  ['flight-delays/june/flight-delays@v-64c9#2026-11-25T19:14:14.817Z', 'flight-delays/june'],
  ['life/1/region=eu/deploy@v-1#x', 'life/1'],
  ['nightly-2026/deploy@v-1#x~2', 'nightly-2026'],
  ['by-hand', null],
  ['rollback-1@x', null],
])('the rollout %s was asked for by %s', (id, run) => {
  expect(runOfRollout(id)).toBe(run);
});
