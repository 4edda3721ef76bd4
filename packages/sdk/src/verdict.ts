/** From good to bad. No data is `inconclusive`, never `pass`. */
export const verdicts = ['pass', 'inconclusive', 'error', 'fail'] as const;
/** What a gate says. No data is `inconclusive`, never `pass`. */
export type Verdict = (typeof verdicts)[number];

/**
 * The worst of many: `pass` < `inconclusive` < `error` < `fail`. Of none it is `inconclusive`, because nothing was
 * measured; anything that is no verdict counts as `error`.
 */
export function worstOf(list: readonly Verdict[]): Verdict {
  if (list.length === 0) return 'inconclusive';
  return list.reduce<Verdict>((worst, one) => (rank(one) > rank(worst) ? known(one) : worst), 'pass');
}

/** A copy of rows that have a verdict, the worst first; rows of one verdict keep their order. */
export function worstFirst<Row extends { readonly verdict: Verdict }>(rows: readonly Row[]): Row[] {
  return [...rows].sort((a, b) => rank(b.verdict) - rank(a.verdict));
}

function known(verdict: Verdict): Verdict {
  return verdicts.includes(verdict) ? verdict : 'error';
}

function rank(verdict: Verdict): number {
  return verdicts.indexOf(known(verdict));
}

/** One row behind a verdict. Absent numbers are null, never 0. */
export interface Evidence {
  /** What was measured, `accuracy`, `requests that fail on the candidate only`. */
  readonly metric: string;
  /** Part of the data it holds for: a category, a route, a column. */
  readonly slice?: string;
  readonly verdict: Verdict;
  readonly value: number | null;
  readonly baseline?: number | null;
  /** What `value` was held against, in words: `> -0.01`, `= 0`. */
  readonly threshold?: string;
  /** Difference to the baseline in the metric's unit. */
  readonly effect?: number | null;
  /** Confidence interval of the effect. */
  readonly interval?: readonly [number, number] | null;
  readonly p?: number | null;
  readonly n?: number | null;
  readonly seed?: number;
  /** It shows, and the gate's verdict leaves it out. */
  readonly severity?: 'warn';
  /** One sentence for a human. */
  readonly note?: string;
}

/** Anything with a verdict that `deploy` can wait on. */
export interface GateResult {
  /** The declared name of the step that made it. */
  readonly name: string;
  readonly verdict: Verdict;
  /** The rows a human needs, worst first; at most 20. All of them are in `report`. */
  readonly evidence: readonly Evidence[];
}
