import type { Suite } from '@sluice/sdk';
import { type Pair, type Scored, scoreFor } from './score.ts';

export interface Gains {
  /** Candidate − baseline of every case that both have a score for. */
  readonly gains: Float64Array;
  /** Their mean. */
  readonly gain: number | null;
  /** Mean scores over the same cases; null where there is none, or too large a one for a number. */
  readonly candidate: number | null;
  readonly baseline: number | null;
}

/** Gains and mean scores, in one pass and without a list of objects: suites may have a million cases. */
export function scoredByBoth(pairs: readonly Pair[], metric: Suite['metric']): Gains {
  const all = new Float64Array(pairs.length);
  let n = 0;
  let gain = 0;
  let candidate = 0;
  let baseline = 0;
  for (const pair of pairs) {
    const one = scoreFor(metric, pair.candidate);
    const other = pair.baseline === null ? null : scoreFor(metric, pair.baseline);
    if (one === null || other === null) continue;
    all[n] = one - other;
    gain += one - other;
    n += 1;
    candidate += one;
    baseline += other;
  }
  const mean = (sum: number) => (Number.isFinite(sum / n) ? sum / n : null);
  return { gains: all.subarray(0, n), gain: mean(gain), candidate: mean(candidate), baseline: mean(baseline) };
}

/** The pairs with every score that is no number (NaN, infinite) as an error of the model that it is of. */
export function withNumbersOnly(pairs: readonly Pair[]): readonly Pair[] {
  const fits = (scored: Scored | null) => scored === null || !scored.ok || Number.isFinite(scored.score);
  if (pairs.every(({ candidate, baseline }) => fits(candidate) && fits(baseline))) return pairs;
  const fitted = <One extends Scored | null>(scored: One): One | Scored =>
    scored === null || !scored.ok || fits(scored) ? scored : { ok: false, error: `the score is ${scored.score}` };
  return pairs.map((pair) => ({ ...pair, candidate: fitted(pair.candidate), baseline: fitted(pair.baseline) }));
}

/** How many are above zero (1) or below it (−1). */
export function ofSign(values: Float64Array, sign: 1 | -1): number {
  let count = 0;
  for (const value of values) if (value * sign > 0) count += 1;
  return count;
}
