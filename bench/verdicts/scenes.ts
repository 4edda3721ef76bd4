/** A suite of one task, and how a candidate differs from the baseline. */
export interface Scene {
  readonly name: string;
  readonly metric: 'exact_match' | 'token_f1' | 'bleu';
  /** Cases of each of the twenty categories. */
  readonly each: number;
  /** Share of right words (answers, for `exact_match`) of the baseline. */
  readonly quality: number;
  /** The candidate's share, in all categories. */
  readonly candidate: number;
  /** The candidate's share in the one category that is damaged; null: none is. */
  readonly damaged: number | null;
  /** In the metric's unit; null: what the candidate really loses, measured on a hundred times as many cases. */
  readonly margin: number | null;
  /** Share of words that are drawn once for both: models that learned the same make the same mistakes. */
  readonly shared: number;
  /** Percent of trials that may end so: what is promised. */
  readonly promise: {
    readonly passes?: number;
    readonly fails?: number;
    readonly atLeast?: number;
    readonly astray?: number;
  };
}

export const CATEGORIES = 20;
/** The one that is damaged, where one is. */
export const DAMAGED = 7;

/** Chance of being wrong at one end, percent. */
const TAIL = 2.5;

const suites = [
  { metric: 'exact_match', quality: 0.9, margin: 0.05 },
  { metric: 'token_f1', quality: 0.8, margin: 0.05 },
  { metric: 'bleu', quality: 0.8, margin: 5 },
] as const;

export const scenes: readonly Scene[] = suites.flatMap(({ metric, quality, margin }) =>
  [10, 30, 100].flatMap((each): Scene[] => {
    const base = { metric, each, quality, margin, shared: 0.8, damaged: null };
    return [
      {
        ...base,
        name: 'the same answers',
        candidate: quality,
        shared: 1,
        promise: { fails: 0, ...(each >= 30 ? { atLeast: 95 } : {}) },
      },
      { ...base, name: 'as good', candidate: quality, promise: { fails: TAIL, astray: TAIL } },
      {
        ...base,
        name: 'worse by exactly the margin',
        candidate: quality - 0.05,
        margin: null,
        promise: { passes: TAIL },
      },
      {
        ...base,
        name: 'one category of twenty worse by 0.3',
        candidate: quality,
        damaged: quality - 0.3,
        promise: { astray: TAIL },
      },
      {
        ...base,
        name: 'one category of twenty worse by 0.6',
        candidate: quality,
        damaged: quality - 0.6,
        promise: { astray: TAIL },
      },
    ];
  }),
);
