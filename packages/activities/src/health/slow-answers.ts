import type { Histogram, LatencyFactors } from '@sluice/sdk';
import type { Counts } from '../statistics/odds-evidence.ts';

export const quantiles = { p50: 0.5, p95: 0.95, p99: 0.99 } as const;
export type Quantile = keyof typeof quantiles;

/**
 * What slow is, taken from the stable version before the candidate is judged by it: an answer is slow for p95 when it
 * took longer than the factor times the stable version's p95. "The candidate's p95 is over 1.2 times the stable
 * version's" then says "more than 5 % of its answers are slow".
 */
export interface Slow {
  /** ms; an edge of the histogram. */
  readonly over: number;
  /** The stable version's quantile, ms. */
  readonly quantile: number;
  /** The stable version's slow answers in the traffic that this was taken from. */
  readonly record: Counts;
  /** By so much the candidate's share of slow answers may exceed the stable version's. */
  readonly margin: number;
}

/** Answers from which quantiles may be taken. */
export const ENOUGH_ANSWERS = 100;
/** ms by which a quantile must grow before a factor of it counts: below that it is the scheduler's noise. */
export const LEAST_SHIFT = 5;

export function slowBy(name: Quantile, histogram: Histogram, factors: LatencyFactors): Slow {
  const q = quantiles[name];
  const quantile = quantileOf(histogram, q);
  const over = nearestEdge(histogram.edges, Math.max(factors[name] * quantile, quantile + LEAST_SHIFT), quantile);
  const record = slowAnswers(histogram, over);
  return { over, quantile, record, margin: Math.max(0, 1 - q - record.hits / record.of) };
}

/** Answers that took longer than an edge. */
export function slowAnswers({ edges, counts }: Histogram, over: number): Counts {
  let hits = 0;
  let of = 0;
  for (let i = 0; i < counts.length; i += 1) {
    const count = counts[i] ?? 0;
    of += count;
    const above = i === 0 ? 0 : (edges[i - 1] ?? 0);
    if (above >= over) hits += count;
  }
  return { hits, of };
}

/** Spread evenly within its bin; what is longer than the last edge counts as that. */
export function quantileOf({ edges, counts }: Histogram, q: number): number {
  const wanted = q * counts.reduce((sum, count) => sum + count, 0);
  let seen = 0;
  for (let i = 0; i < edges.length; i += 1) {
    const count = counts[i] ?? 0;
    const [from, to] = [edges[i - 1] ?? 0, edges[i] ?? 0];
    if (count > 0 && seen + count >= wanted) return from + ((to - from) * (wanted - seen)) / count;
    seen += count;
  }
  return edges.at(-1) ?? 0;
}

export function addHistograms(a: Histogram | null, b: Histogram): Histogram {
  if (a === null || a.edges.length !== b.edges.length) return b;
  return { edges: b.edges, counts: b.counts.map((count, i) => count + (a.counts[i] ?? 0)) };
}

export function answersIn({ counts }: Histogram): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

/** The edge nearest to a time by ratio, but above `least`; the time itself beyond the last edge, where nothing is. */
function nearestEdge(edges: readonly number[], time: number, least: number): number {
  const next = edges.findIndex((edge) => edge >= time);
  if (next === -1) return Math.max(time, edges.at(-1) ?? 0);
  const [below, above] = [edges[next - 1] ?? 0, edges[next] ?? time];
  return below > least && time / below < above / time ? below : above;
}
