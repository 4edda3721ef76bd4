/**
 * E-values for "these events are the candidate's more often than its share of requests explains". Each is a likelihood
 * ratio whose mean is at most 1 while the candidate is not worse, so by Ville's inequality a product of them (or a
 * mixture over {@link ODDS}) exceeds 1/α with probability at most α, however often it is looked at (Ramdas, Grünwald,
 * Vovk and Shafer, "Game-theoretic statistics and safe anytime-valid inference", 2023).
 */

/** How many times likelier an event is on the candidate, in the alternatives that are mixed in equal parts. */
export const ODDS = [1.25, 1.6, 2.5, 5, 15, 50] as const;

export interface Counts {
  /** Events: errors, slow answers. */
  readonly hits: number;
  /** Requests that could have been one. */
  readonly of: number;
}

export const nothing: Counts = { hits: 0, of: 0 };

export function plus(a: Counts, b: Counts): Counts {
  return { hits: a.hits + b.hits, of: a.of + b.of };
}

/**
 * ln of the e-value of concurrent counts: of `all` events of both versions together, `hits` fell on the candidate, who
 * had `share` (0 to 1) of the requests. Given the events, the labels are exchangeable while the versions are alike, so
 * `hits` is hypergeometric, which the binomial of this ratio dominates in convex order (Hoeffding 1963): the mean is at
 * most 1 whatever the rate of events is and however it moves.
 */
export function logConcurrentEvidence(odds: number, hits: number, all: number, share: number): number {
  if (all === 0) return 0;
  return hits * Math.log(odds) - all * Math.log(1 - share + share * odds);
}

/**
 * ln of the Bayes factor for "the candidate's rate is `odds` times the reference's" against "it is the same", events
 * being Poisson and the common rate having the prior Gamma(1, 1), which is integrated out: a martingale in the
 * candidate's counts while the rate stands still, on average over what the rate may be. The pseudo-event of the prior
 * makes it the more cautious the less is known of the reference.
 */
export function logStandingEvidence(odds: number, candidate: Counts, reference: Counts): number {
  const { hits, of } = candidate;
  const all = 1 + hits + reference.hits;
  return hits * Math.log(odds) - all * Math.log((1 + reference.of + odds * of) / (1 + reference.of + of));
}
