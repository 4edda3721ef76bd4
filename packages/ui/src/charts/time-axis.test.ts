import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timeAxis } from './time-axis.ts';

const hour = 3_600_000;

describe('the time axis of a run', () => {
  it('squeezes two days of waiting for approval, so that two minutes of training can be seen', () => {
    const axis = timeAxis([0, 48 * hour], [[0, 120_000]]);
    expect(axis.x(120_000)).toBeCloseTo(93);
    expect(axis.breaks).toEqual([{ x0: 93, x1: 100, ms: 48 * hour - 120_000 }]);
  });

  it('leaves a run without long waits as it is', () => {
    const axis = timeAxis(
      [0, 100_000],
      [
        [0, 40_000],
        [45_000, 100_000],
      ],
    );
    expect(axis.breaks).toEqual([]);
    expect(axis.x(50_000)).toBeCloseTo(50);
    expect(axis.ticks.map(({ label }) => label)).toEqual([
      '0',
      '15 s',
      '30 s',
      '45 s',
      '1 min',
      '1 min 15 s',
      '1 min 30 s',
    ]);
  });

  it('never turns time round and never leaves the page', () => {
    const span = fc
      .tuple(fc.integer({ min: 0, max: 10 ** 9 }), fc.integer({ min: 0, max: 10 ** 8 }))
      .map(([at, ms]): [number, number] => [at, at + ms]);
    fc.assert(
      fc.property(
        fc.array(span, { maxLength: 20 }),
        fc.array(fc.integer({ min: 0, max: 11 * 10 ** 8 }), { minLength: 2 }),
        (busy, times) => {
          const axis = timeAxis([0, 11 * 10 ** 8], busy);
          const places = times.toSorted((a, b) => a - b).map((at) => axis.x(at));
          expect(places).toEqual(places.toSorted((a, b) => a - b));
          expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
          expect(Math.max(...places)).toBeLessThanOrEqual(100.000_1);
        },
      ),
    );
  });
});
