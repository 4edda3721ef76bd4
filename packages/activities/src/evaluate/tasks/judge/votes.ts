import type { AnswerPair } from './question.ts';

/** One vote on two answers. */
export interface Vote {
  /** The first of them stood in front. */
  readonly firstInFront: boolean;
  /** 1: the first is better, 0: the second is, 1/2: neither; null: it is no vote. */
  readonly value: 0 | 0.5 | 1 | null;
  /** Why it is none. */
  readonly problem: string | null;
}

/** What is known of one pair of answers. */
export type PairVotes = {
  /** Two answers that are the same, or of which at least one is missing, are not asked about. */
  readonly settled: { readonly value: 0 | 0.5 | 1; readonly alike: boolean } | null;
  readonly votes: readonly Vote[];
};

export type LoadedPair = AnswerPair | { readonly settled: NonNullable<PairVotes['settled']> };

/**
 * How much better the first answer is: the share of votes for it where it stood in front, and where it stood behind, each
 * with half of the weight; so a judge that only looks at the place says 1/2.
 *
 * @returns null where no more than half of the votes are of use, or those of one place are missing
 */
export function scoreOf({ settled, votes }: PairVotes): number | null {
  if (settled !== null) return settled.value;
  const [front, behind] = places(votes);
  const enough = front.length + behind.length > votes.length / 2 && front.length > 0 && behind.length > 0;
  return enough ? (mean(front) + mean(behind)) / 2 : null;
}

/** How much the place counted: 1 where it alone did, 1/2 where it did not; null without votes in both places. */
export function placeOf({ votes }: PairVotes): number | null {
  const [front, behind] = places(votes);
  return front.length === 0 || behind.length === 0 ? null : (mean(front) + 1 - mean(behind)) / 2;
}

/** Share of pairs of votes that say the same; null with fewer than two votes. */
export function agreementOf({ votes }: PairVotes): number | null {
  const values = votes.map(({ value }) => value).filter((value) => value !== null);
  const pairs = (values.length * (values.length - 1)) / 2;
  let same = 0;
  for (const [i, one] of values.entries()) same += values.slice(i + 1).filter((other) => other === one).length;
  return pairs === 0 ? null : same / pairs;
}

/** Votes of use, by the place of the first answer: in front, behind. */
function places(votes: readonly Vote[]): [number[], number[]] {
  const of = (front: boolean) =>
    votes.flatMap(({ firstInFront, value }) => (firstInFront === front && value !== null ? [value] : []));
  return [of(true), of(false)];
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
