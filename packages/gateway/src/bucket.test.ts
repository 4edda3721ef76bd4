import { expect, test } from 'vitest';
import { emptyBucket, mergeBucket, type Outcome, recordOutcome } from './bucket.ts';
import { LATENCY_EDGES } from './latency-edges.ts';
import { summariseBuckets } from './summarise.ts';

const good: Outcome = { kind: 'answered', status: 200, latencyMs: 5 };

test('a bucket counts answers by class, and 5xx, transport and deadline as errors', () => {
  const bucket = emptyBucket(1_500);
  recordOutcome(bucket, good, 1_501, null);
  recordOutcome(bucket, { kind: 'answered', status: 404, latencyMs: 6 }, 1_502, null);
  recordOutcome(bucket, { kind: 'answered', status: 503, latencyMs: 7 }, 1_503, null);
  recordOutcome(bucket, { kind: 'transport' }, 1_504, null);
  recordOutcome(bucket, { kind: 'deadline', latencyMs: 100 }, 1_505, null);
  recordOutcome(bucket, { kind: 'aborted' }, 1_506, null);
  const { latency, ...traffic } = summariseBuckets([bucket]);
  expect(traffic).toEqual({
    requests: 5,
    errors: 3,
    byStatus: { '2xx': 1, '4xx': 1, '5xx': 1 },
    transport: 1,
    deadline: 1,
    aborted: 1,
    callers: {},
    firstErrorAt: 1_503,
  });
  // Transport errors and callers that went away were not timed.
  expect(latency.counts.reduce((sum, count) => sum + count, 0)).toBe(4);
  expect(latency.edges).toEqual(LATENCY_EDGES);
});

test('a caller is counted by its bucket, and one that does not say who it is takes no room', () => {
  const bucket = emptyBucket(0);
  recordOutcome(bucket, good, 1, null);
  expect(bucket.callers).toEqual([]);
  recordOutcome(bucket, good, 1, 7);
  recordOutcome(bucket, { kind: 'answered', status: 500, latencyMs: 5 }, 1, 7);
  recordOutcome(bucket, { kind: 'answered', status: 422, latencyMs: 5 }, 1, 255);
  recordOutcome(bucket, { kind: 'aborted' }, 1, 255);
  expect(summariseBuckets([bucket]).callers).toEqual({
    7: { requests: 2, errors: 1, refused: 0, aborted: 0 },
    255: { requests: 1, errors: 0, refused: 1, aborted: 1 },
  });
});

test('parts of a second merge by adding', () => {
  const [whole, left, right] = [emptyBucket(0), emptyBucket(0), emptyBucket(0)];
  for (let i = 0; i < 1000; i += 1) {
    const outcome: Outcome =
      i % 10 === 0 ? { kind: 'aborted' } : { kind: 'answered', status: i % 7 === 0 ? 500 : 200, latencyMs: i / 3 };
    const caller = i % 3 === 0 ? i % 256 : null;
    recordOutcome(whole, outcome, i, caller);
    recordOutcome(i % 2 === 0 ? left : right, outcome, i, caller);
  }
  mergeBucket(left, right);
  expect(left).toEqual(whole);
});
