import { expect, test } from 'vitest';
import { MAX_SAMPLES, summariseLatency } from './latency.ts';

const bucket = (samples: number[], timed = samples.length) => ({ samples, timed });

test('percentiles of 1 … 100 ms are 50, 90 and 99 ms', () => {
  const values = Array.from({ length: 100 }, (_, i) => 100 - i);
  const summary = summariseLatency([bucket(values.slice(0, 30)), bucket(values.slice(30))]);
  expect(summary).toMatchObject({ count: 100, p50: 50, p90: 90, p99: 99 });
  expect(summary.samples).toEqual(values.reverse());
});

test('a second that stands for more answers weighs more', () => {
  // 900 answers of 10 ms kept as 2 samples, 100 answers of 50 ms kept as 2: the median is 10, not between.
  const summary = summariseLatency([bucket([10, 10], 900), bucket([50, 50], 100)]);
  expect(summary).toMatchObject({ count: 1000, p50: 10, p90: 10, p99: 50 });
  expect(summary.samples).toEqual([10, 10, 10, 10]);
});

test('many samples are thinned evenly to 2000', () => {
  const buckets = Array.from({ length: 50 }, (_, i) => bucket(Array.from({ length: 200 }, (_, j) => i * 200 + j)));
  const { samples, count } = summariseLatency(buckets);
  expect(count).toBe(10_000);
  expect(samples).toHaveLength(MAX_SAMPLES);
  expect(samples[0]).toBeLessThan(10);
  expect(samples[1000]).toBeGreaterThan(4990);
  expect(samples[1000]).toBeLessThan(5010);
});

test('no answers have no percentiles', () => {
  expect(summariseLatency([])).toEqual({ count: 0, p50: null, p90: null, p99: null, samples: [] });
});
