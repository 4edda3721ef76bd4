import { expect, test } from 'vitest';
import { emptyBucket, mergeBucket, RESERVOIR, recordOutcome } from './bucket.ts';

test('a bucket counts answers by class, and 5xx, transport and deadline as errors', () => {
  const bucket = emptyBucket(1_500);
  recordOutcome(bucket, { kind: 'answered', status: 200, latencyMs: 5 }, 1_501);
  recordOutcome(bucket, { kind: 'answered', status: 404, latencyMs: 6 }, 1_502);
  recordOutcome(bucket, { kind: 'answered', status: 503, latencyMs: 7 }, 1_503);
  recordOutcome(bucket, { kind: 'transport' }, 1_504);
  recordOutcome(bucket, { kind: 'deadline', latencyMs: 100 }, 1_505);
  recordOutcome(bucket, { kind: 'aborted' }, 1_506);
  expect(bucket).toMatchObject({
    at: 1_000,
    byStatus: { '2xx': 1, '4xx': 1, '5xx': 1 },
    transport: 1,
    deadline: 1,
    aborted: 1,
    timed: 4,
    samples: [5, 6, 7, 100],
    firstErrorAt: 1_503,
    lastErrorAt: 1_505,
  });
});

test('a busy second keeps a fair sample of bounded size', () => {
  const bucket = emptyBucket(0);
  for (let i = 0; i < 10_000; i += 1) recordOutcome(bucket, { kind: 'answered', status: 200, latencyMs: i }, 1);
  const mean = bucket.samples.reduce((sum, value) => sum + value, 0) / RESERVOIR;
  expect(bucket.samples).toHaveLength(RESERVOIR);
  // Mean of 200 of 0 … 9999: 5000 ± 204 (one standard error); six of them are allowed.
  expect(Math.abs(mean - 5000)).toBeLessThan(1225);
});

test('two parts of one second merge in proportion to what they stand for', () => {
  const [big, small] = [emptyBucket(0), emptyBucket(0)];
  for (let i = 0; i < 3000; i += 1) recordOutcome(big, { kind: 'answered', status: 200, latencyMs: 1 }, 10);
  for (let i = 0; i < 1000; i += 1) recordOutcome(small, { kind: 'answered', status: 500, latencyMs: 2 }, 5);
  mergeBucket(big, small);
  expect(big).toMatchObject({ timed: 4000, byStatus: { '2xx': 3000, '5xx': 1000 }, firstErrorAt: 5 });
  expect(big.samples).toHaveLength(RESERVOIR);
  const share = big.samples.filter((value) => value === 2).length / RESERVOIR;
  // 25 % expected; six standard errors of a share over 200 are 0.18.
  expect(Math.abs(share - 0.25)).toBeLessThan(0.18);
});
