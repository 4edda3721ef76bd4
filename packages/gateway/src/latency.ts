import type { LatencySummary } from './api.ts';
import type { Bucket } from './bucket.ts';

/** Most latencies an answer carries. */
export const MAX_SAMPLES = 2000;

interface Weighted {
  value: number;
  /** Answers this sample stands for: a busy second's 200 samples weigh more than a quiet one's. */
  weight: number;
}

/**
 * Percentiles and a thinned sample over several buckets. The q-quantile is the smallest value whose cumulative
 * weight reaches q of the total (type 1, inverse of the empirical distribution).
 */
export function summariseLatency(buckets: readonly Pick<Bucket, 'timed' | 'samples'>[]): LatencySummary {
  const weighted: Weighted[] = [];
  let count = 0;
  for (const { timed, samples } of buckets) {
    count += timed;
    for (const value of samples) weighted.push({ value, weight: timed / samples.length });
  }
  weighted.sort((a, b) => a.value - b.value);
  const [p50 = null, p90 = null, p99 = null] = quantiles(weighted, [0.5, 0.9, 0.99]);
  return { count, p50, p90, p99, samples: thin(weighted, count) };
}

function thin(weighted: readonly Weighted[], count: number): number[] {
  const whole = weighted.length === count && count <= MAX_SAMPLES;
  if (whole) return weighted.map((sample) => sample.value);
  const size = Math.min(MAX_SAMPLES, weighted.length);
  const evenly = Array.from({ length: size }, (_, i) => (i + 0.5) / size);
  return quantiles(weighted, evenly);
}

/** Quantiles of a sorted weighted sample, in one walk; `at` ascends. */
function quantiles(sorted: readonly Weighted[], at: readonly number[]): number[] {
  const total = sorted.reduce((sum, sample) => sum + sample.weight, 0);
  const found: number[] = [];
  let seen = 0;
  let next = 0;
  for (const { value, weight } of sorted) {
    seen += weight;
    // The tolerance keeps rounding in the running sum from pushing a quantile to its neighbour.
    while (next < at.length && seen >= (at[next] ?? 1) * total - total * 1e-12) {
      found.push(value);
      next += 1;
    }
  }
  return found;
}
