import { expect, test } from 'vitest';
import { trackProgress } from './progress.ts';

const track = () => trackProgress({ machine: 'm', startedAt: 1000 });

test('an attempt that starts at the beginning knows nothing yet', () => {
  const progress = track();
  progress.spawned(1500, null);
  expect(progress.snapshot(1500)).toEqual({
    machine: 'm',
    pid: process.pid,
    at: 1500,
    startedAt: 1000,
    restoreMs: 500,
    resumedFrom: null,
    step: null,
    total: null,
    rate: null,
    checkpoint: null,
    checkpointAt: null,
    metrics: {},
  });
});

test('a resumed attempt stands on its checkpoint from the moment it starts', () => {
  const progress = track();
  progress.spawned(3000, 40);
  expect(progress.snapshot(3000)).toMatchObject({
    resumedFrom: 40,
    checkpoint: 40,
    checkpointAt: 3000,
    restoreMs: 2000,
  });
});

test('the highest step counts, and the total once it is told', () => {
  const progress = track();
  progress.reached(5, 2000, 9);
  progress.reached(4, 2001);
  expect(progress.snapshot(2002)).toMatchObject({ step: 5, total: 9 });
});

test('the rate is that of the last minute', () => {
  const progress = track();
  for (let second = 0; second <= 120; second += 1)
    progress.reached(second < 60 ? second * 100 : 6000 + (second - 60) * 2, second * 1000);
  expect(progress.snapshot(120_000).rate).toBe(2);
});

test('a trainer that stands still loses its rate', () => {
  const progress = track();
  progress.reached(0, 0);
  progress.reached(100, 10_000);
  expect(progress.snapshot(10_000).rate).toBe(10);
  expect(progress.snapshot(50_000).rate).toBe(2);
  expect(progress.snapshot(200_000).rate).toBeNull();
});

test('the last finite values of the 64 latest metrics are kept', () => {
  const progress = track();
  progress.measured(Object.fromEntries(Array.from({ length: 70 }, (_, index) => [`m${index}`, index])));
  progress.measured({ m69: Number.NaN, m7: 1 });
  const { metrics } = progress.snapshot(0);
  expect(Object.keys(metrics)).toHaveLength(63);
  expect(metrics).toMatchObject({ m7: 1, m68: 68 });
  expect(metrics).not.toHaveProperty('m69');
  expect(metrics).not.toHaveProperty('m0');
});

test('a commit moves the checkpoint to when its step was reached', () => {
  const progress = track();
  progress.committed(8, 1234);
  expect(progress.snapshot(9999)).toMatchObject({ checkpoint: 8, checkpointAt: 1234 });
});
