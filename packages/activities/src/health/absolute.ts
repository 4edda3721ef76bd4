import type { Counts } from '../statistics/odds-evidence.ts';

/** Alternatives to "the share of errors is at most the limit", as multiples of it. */
export const MULTIPLES = [1.25, 1.6, 2.5, 5, 19.9] as const;

/**
 * ln of the e-values of binomial counts for a share of `multiple` × `limit` against one of at most `limit`, 0 to 1, for
 * each of {@link MULTIPLES}: likelihood ratios, so that their mean is at most 1 while the limit is kept.
 */
export function logAbsoluteEvidence({ hits, of }: Counts, limit: number): number[] {
  if (limit >= 1) return MULTIPLES.map(() => 0);
  // A limit of 0 allows none: the first error is certain.
  if (limit <= 0) return MULTIPLES.map(() => (hits > 0 ? 100 : 0));
  return MULTIPLES.map((multiple) => {
    const share = Math.min(0.999, multiple * limit);
    if (share <= limit) return 0;
    return hits * Math.log(share / limit) + (of - hits) * Math.log((1 - share) / (1 - limit));
  });
}
