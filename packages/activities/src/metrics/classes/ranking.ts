/** Scores of cases and which of them are positive, side by side. */
export interface Ranked {
  readonly scores: Float64Array;
  readonly positive: Uint8Array;
}

/**
 * The area under the ROC curve: how often a positive case has a higher score than a negative one, ties counting half.
 * Scikit-learn's `roc_auc_score`.
 *
 * @returns null where all cases are of one class
 */
export function rocAuc(ranked: Ranked): number | null {
  let [above, negatives] = [0, 0];
  // From the lowest score on: each positive is above the negatives so far, and equal to those of its group.
  let positives = 0;
  for (const group of groups(ranked, 'up')) {
    above += group.positives * (negatives + group.negatives / 2);
    negatives += group.negatives;
    positives += group.positives;
  }
  return positives === 0 || negatives === 0 ? null : above / positives / negatives;
}

/**
 * The mean of the precisions at each threshold, weighted by how much recall grows there: scikit-learn's
 * `average_precision_score`.
 *
 * @returns null where no case is positive
 */
export function averagePrecision(ranked: Ranked): number | null {
  let [sum, positives, seen] = [0, 0, 0];
  for (const group of groups(ranked, 'down')) {
    positives += group.positives;
    seen += group.positives + group.negatives;
    sum += group.positives * (positives / seen);
  }
  return positives === 0 ? null : sum / positives;
}

/** Cases of equal scores, in the order of scores. */
function* groups(
  { scores, positive }: Ranked,
  way: 'up' | 'down',
): Generator<{ positives: number; negatives: number }> {
  const order = Uint32Array.from(scores, (_, at) => at);
  const sign = way === 'up' ? 1 : -1;
  order.sort((a, b) => sign * ((scores[a] as number) - (scores[b] as number)));
  for (let from = 0; from < order.length; ) {
    const score = scores[order[from] as number];
    let [to, positives] = [from, 0];
    for (; to < order.length && scores[order[to] as number] === score; to += 1) {
      positives += positive[order[to] as number] as number;
    }
    yield { positives, negatives: to - from - positives };
    from = to;
  }
}
