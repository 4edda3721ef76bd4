import fc from 'fast-check';
import { expect, it } from 'vitest';
import { endedAt } from './ended-at.ts';

it('leaves out the time that nobody worked: a retry is heard of 32 s after 441 ms of training', () => {
  expect(endedAt(1_000, 33_300, { startedAt: 1_059, at: 1_500 })).toEqual({ end: 1_500, seconds: 0.441 });
});

it('leaves out the time in a queue, which no machine spent', () => {
  expect(endedAt(0, 100_000, { startedAt: 60_000, at: 100_000 })).toEqual({ end: 100_000, seconds: 40 });
});

it('takes all of the time where the machine said nothing', () => {
  expect(endedAt(1_000, 3_000, null)).toEqual({ end: 3_000, seconds: 2 });
});

it('is no earlier than it can be where the clock of the machine is slow', () => {
  expect(endedAt(100_000, 150_000, { startedAt: 40_000, at: 50_000 })).toEqual({ end: 110_000, seconds: 10 });
});

it('lies between start and now, and works for no longer than that, whatever clocks say', () => {
  const any = fc.integer({ min: -1_000_000, max: 1_000_000 });
  fc.assert(
    fc.property(any, fc.nat(1_000_000), any, any, (start, took, startedAt, at) => {
      const { end, seconds } = endedAt(start, start + took, { startedAt, at });
      expect(end).toBeGreaterThanOrEqual(start);
      expect(end).toBeLessThanOrEqual(start + took);
      expect(seconds * 1000).toBeGreaterThanOrEqual(0);
      expect(seconds * 1000).toBeLessThanOrEqual(end - start + 1e-6);
    }),
  );
});
