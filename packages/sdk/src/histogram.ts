import type { Histogram } from './traffic.ts';

/** Upper edges in ms of every latency histogram of the gateway: 2^(1/8) apart (9 %), from 0.5 ms to 120 s. */
export const LATENCY_EDGES: readonly number[] = Array.from({ length: 144 }, (_, i) =>
  Number((0.5 * 2 ** (i / 8)).toPrecision(4)),
);

/** The place of a value: the first edge that is not below it, or one past the last edge. */
export function edgeOf(edges: readonly number[], value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((edges[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many values a histogram holds. */
export const histogramSize = ({ counts }: Histogram): number => counts.reduce((sum, count) => sum + count, 0);

/**
 * The edge at or below which a share `q` of the values lies: a quantile rounded up to an edge, never down.
 *
 * @returns ms; Infinity when it lies beyond the last edge, null when the histogram is empty
 */
export function histogramQuantile(histogram: Histogram, q: number): number | null {
  const size = histogramSize(histogram);
  if (size === 0) return null;
  const rank = Math.max(1, Math.ceil(q * size));
  let seen = 0;
  for (const [i, count] of histogram.counts.entries()) {
    seen += count;
    if (seen >= rank) return histogram.edges[i] ?? Number.POSITIVE_INFINITY;
  }
  return null;
}
