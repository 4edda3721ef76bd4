import type { Artifact, Digest, Evidence, Json, Verdict } from '@sluice/sdk';

/** Most worst cases in a report. */
export const WORST_CASES = 200;
/** Characters of a text in a report; what is longer is cut and ends in `…`. */
export const TEXT_LENGTH = 4_000;

/**
 * The report artifact of an evaluation by a suite folder. It holds nothing that changes from run to run but latencies,
 * and no number that is not finite: absent ones are null.
 */
export interface SuiteReport {
  readonly kind: 'evaluation';
  /** 1 is the report of a suite in its short form. */
  readonly format: 2;
  readonly name: string;
  readonly step: string;
  readonly endpoint: string;
  /** Digest of the model that was judged. */
  readonly candidate: Digest;
  /** What it was held against. */
  readonly baseline: SuiteBaseline;
  readonly suite: SuiteFacts;
  readonly method: {
    /** Of the intervals, such as 0.95. */
    readonly confidence: number;
    readonly seed: number;
    /** Resamples of a metric that is computed over all cases at once. */
    readonly rounds: number;
    /** How many comparisons could have failed the gate; their p are adjusted for so many by Holm's method. */
    readonly comparisons: number;
    /** How each number came about, in sentences, for the foot of a page. */
    readonly notes: readonly string[];
  };
  readonly verdict: Verdict;
  /** Every row in the words of a gate, worst first. */
  readonly evidence: readonly Evidence[];
  /** Task by task, metric by metric; of each the whole task first, then its categories by name. */
  readonly rows: readonly SuiteRow[];
  /** One a task. */
  readonly answers: readonly AnswerCounts[];
  /** One for each judge that has compared answers; left out where there is none. */
  readonly judges?: readonly SuiteJudge[];
  /** At most {@link WORST_CASES}, the greatest harm first. */
  readonly worstCases: readonly WorstCase[];
  /**
   * Every answer of the candidate as JSON lines (`{"id", "answer", "latencyMs"}` or `{"id", "error", "latencyMs"}`): what a
   * later evaluation by the same suite is held against.
   */
  readonly candidateAnswers: Artifact;
}

export interface SuiteBaseline {
  /** `none`: judged alone; `stored`: answers of an earlier evaluation. */
  readonly kind: 'production' | 'model' | 'version' | 'stored' | 'none';
  readonly digest: Digest | null;
  /** Registered version or the earlier step; null where there is none. */
  readonly name: string | null;
  /** Why it could not be run, if so. */
  readonly broken: string | null;
}

export interface SuiteFacts {
  /** As the step names it. */
  readonly path: string;
  /** Of suite.json and all cases; results compare only where it is equal. */
  readonly digest: Digest;
  readonly version: 1;
  readonly title: string | null;
  readonly protocol: string;
  readonly cases: number;
  readonly tasks: readonly { readonly name: string; readonly cases: number; readonly categories: number }[];
}

/** One metric over one task or one category of it. */
export interface SuiteRow {
  readonly task: string;
  /** The metric's name in the suite. */
  readonly metric: string;
  /** Null: the whole task. */
  readonly category: string | null;
  readonly better: 'higher' | 'lower';
  /** Such as `ms`; null for a pure number. */
  readonly unit: string | null;
  /** All that moves the number, in one line. */
  readonly signature: string;
  /** Cases that count: those that both have a score for, or the candidate alone where there is no baseline. */
  readonly n: number;
  /** Sources that these cases come from, where the suite names any: they are the unit of every interval. */
  readonly clusters: number | null;
  /** The metric over these cases. */
  readonly candidate: number | null;
  readonly baseline: number | null;
  /** candidate − baseline, in the metric's own direction. */
  readonly difference: number | null;
  /** Of the difference; ends may be null where nothing bounds them. */
  readonly interval: Interval | null;
  /** How much was lost: above 0 the candidate is worse, whatever the metric's direction. For sorting by harm. */
  readonly harm: number | null;
  /** How much worse is still good enough; null: it is not held against the baseline. */
  readonly margin: number | null;
  /** Chance of such a loss if the candidate were worse by no more than the margin, adjusted by Holm's method. */
  readonly p: number | null;
  /** Bounds of the metric itself; null where the suite has none. */
  readonly threshold: {
    readonly least: number | null;
    readonly most: number | null;
    /** Of the candidate's value. */
    readonly interval: Interval | null;
    readonly p: number | null;
    readonly verdict: Verdict;
  } | null;
  readonly verdict: Verdict;
  /** False: it is shown, and sinks nothing by itself. */
  readonly counts: boolean;
  /** Further cases like these that would decide an inconclusive row; null where none would or it is decided. */
  readonly needed: number | null;
  readonly method: 'Gaffke' | 'Gaffke and Student' | 'Clopper–Pearson' | 'resampling' | null;
  /** A sentence for a human; null for nothing. */
  readonly note: string | null;
}

/** Lower and upper end; null is no end. */
export type Interval = readonly [number | null, number | null];

export interface AnswerCounts {
  readonly task: string;
  readonly cases: number;
  /** Cases that got no answer which could be read, by what was wrong. */
  readonly candidate: Readonly<Record<AnswerProblem, number>>;
  readonly baseline: Readonly<Record<AnswerProblem, number>> | null;
  /** Cases that only the baseline answers. */
  readonly lost: number;
  /** At most five, each `id: what was wrong`. */
  readonly examples: readonly string[];
}

/** An LLM that has compared the candidate's answers with the baseline's, and how far it can be trusted. */
export interface SuiteJudge {
  readonly task: string;
  /** The metric's name in the suite. */
  readonly metric: string;
  /** As suite.json has it: an address, or the name of a variable. */
  readonly endpoint: string;
  /** As it was asked for. */
  readonly model: string;
  /** As servers called what answered, at most five. */
  readonly answeredAs: readonly string[];
  /** Votes on each pair of answers. */
  readonly k: number;
  readonly cases: number;
  /** Cases to which both answer the same: ties, of which nobody was asked. */
  readonly alike: number;
  /** Cases with too few votes of use: they do not count. */
  readonly unscored: number;
  /** The first of them, `id: why`. */
  readonly example: string | null;
  readonly votes: { readonly usable: number; readonly ties: number; readonly unusable: number };
  /** Share of votes for the answer in front, each place with half of the weight: 1/2 where the place does not matter. */
  readonly place: { readonly share: number; readonly interval: Interval } | null;
  /** Share of pairs of votes on a case that say the same. */
  readonly agreement: number | null;
  /** Against human labels; null where the suite has none. */
  readonly human: {
    /** Labels that the judge has votes enough for. */
    readonly n: number;
    readonly unscored: number;
    readonly agreement: number | null;
    /** Of the agreement, as Clopper and Pearson's. */
    readonly interval: Interval | null;
    /** Cohen's, over first, second and neither. */
    readonly kappa: number | null;
  } | null;
  /** As servers counted them; null where they did not. */
  readonly tokens: { readonly asked: number; readonly answered: number } | null;
  /** Why there are no scores, or no labels. */
  readonly broken: string | null;
  /**
   * Every vote as JSON lines: `{"task", "metric", "id", "of": "answers" | "human", "firstInFront", "question", "said", "value",
   * "problem", "latencyMs"}`. `first` is the candidate's answer, or the first of a human label.
   */
  readonly record: Artifact;
}

/** `transport`: no connection; `deadline`: not in time; `status`: refused; `answer`: not to be read, or too large. */
export type AnswerProblem = 'transport' | 'deadline' | 'status' | 'answer';

export interface WorstCase {
  readonly id: string;
  readonly task: string;
  readonly category: string;
  readonly cluster: string | null;
  readonly input: Json;
  readonly expected: Json;
  /** Null where nothing was compared with. Texts are cut to {@link TEXT_LENGTH} characters, wherever they stand. */
  readonly candidate: ShownAnswer;
  readonly baseline: ShownAnswer | null;
  /** By metric; null where there is none for this case. */
  readonly scores: Readonly<Record<string, { readonly candidate: number | null; readonly baseline: number | null }>>;
  /**
   * How much was lost by a metric that is held against the baseline, in shares of its range, or of the greatest score there
   * is where that is open; above 0 is worse. 1 where only the baseline answered.
   */
  readonly harm: number;
}

export type ShownAnswer = { readonly answer: Json; readonly latencyMs: number | null } | { readonly error: string };
