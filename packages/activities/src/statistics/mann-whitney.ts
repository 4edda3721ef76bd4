import { normalUpperTail } from './normal.ts';

export interface MannWhitney {
  /** Pairs in which `x` is greater, ties counting half. */
  readonly u: number;
  /** One-sided: how likely a `u` this large is if both samples come from one distribution. */
  readonly p: number;
}

/**
 * Mann–Whitney U test that `x` tends to be greater than `y`: normal approximation with tie correction and continuity
 * correction (scipy `mannwhitneyu(x, y, alternative='greater', method='asymptotic')`). Neither may be empty.
 */
export function mannWhitneyGreater(x: readonly number[], y: readonly number[]): MannWhitney {
  const m = x.length;
  const n = y.length;
  const { rankSum, ties } = rankSumOf(x, y);
  const u = rankSum - (m * (m + 1)) / 2;
  const variance = ((m * n) / 12) * (m + n + 1 - ties / ((m + n) * (m + n - 1)));
  if (variance <= 0) return { u, p: 1 };
  return { u, p: normalUpperTail((u - (m * n) / 2 - 0.5) / Math.sqrt(variance)) };
}

/** Sum of the ranks of `x` in both together, ties averaged; and Σ(t³ − t) over groups of ties. */
function rankSumOf(x: readonly number[], y: readonly number[]): { rankSum: number; ties: number } {
  const all = Float64Array.from([...x, ...y]).sort();
  const rank = new Map<number, number>();
  let ties = 0;
  for (let start = 0; start < all.length; ) {
    let end = start;
    while (end < all.length && all[end] === all[start]) end += 1;
    rank.set(all[start] ?? 0, (start + 1 + end) / 2);
    ties += (end - start) ** 3 - (end - start);
    start = end;
  }
  return { rankSum: x.reduce((sum, value) => sum + (rank.get(value) ?? 0), 0), ties };
}
