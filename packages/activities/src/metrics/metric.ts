import type { Json } from '@sluice/sdk';

/** One case: what was expected, and what a model answered. */
export interface Answered {
  readonly expected: Json;
  readonly answer: Json;
  /** How long the answer took; null where nobody measured it. */
  readonly latencyMs: number | null;
}

/** A case that a metric cannot score, and why, in words for a report. */
export interface Unscored {
  readonly problem: string;
  /** Whose it is: the model's, or the suite's, where no answer could be right. */
  readonly blame: 'answer' | 'expected';
}

/** What a metric says of itself. */
export interface MetricBase {
  readonly name: string;
  readonly better: 'higher' | 'lower';
  /** Least and greatest value of a score; null for an open end. */
  readonly range: readonly [number | null, number | null];
  /** Such as `ms`; null for a pure number. */
  readonly unit: string | null;
  /**
   * Everything about the computation that moves the number, in one line, as sacrebleu does it. Scores compare only
   * where their signatures are equal.
   */
  readonly signature: string;
  /** What a reader has to know of the score of this case, in the same words for every case; null for nothing. */
  note?(one: Answered): string | null;
}

/** A mean over cases. */
export interface CaseMetric extends MetricBase {
  readonly of: 'case';
  /** Its scores are few and coarse: where they are too bad is then told by what holds for any distribution too. */
  readonly exact?: true;
  score(one: Answered): number | Unscored;
}

/**
 * Computed over all cases at once, from what each case contributes. A part is plain JSON and small where statistics
 * add up, so that it can be kept, and resampled without looking at the texts again.
 */
export interface CorpusMetric<Part extends Json = Json> extends MetricBase {
  readonly of: 'corpus';
  part(one: Answered): Part | Unscored;
  /** @returns null where these cases have no score: none at all, or an AUC of one class only */
  score(parts: readonly Part[]): number | null;
}

export type Metric = CaseMetric | CorpusMetric;

export function isUnscored(value: unknown): value is Unscored {
  // A part may be an object with any names, such as labels: what is in it is no text.
  return typeof value === 'object' && value !== null && 'problem' in value && typeof value.problem === 'string';
}

/** The score of a case that the model did not answer: the worst that the metric knows; null where it has no worst. */
export function worstScore({ better, range }: Metric): number | null {
  return better === 'higher' ? range[0] : range[1];
}

export function badAnswer(problem: string): Unscored {
  return { problem, blame: 'answer' };
}

export function badExpected(problem: string): Unscored {
  return { problem, blame: 'expected' };
}

/** A value in a message: short, whatever it is. */
export function show(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(shortened(value)) ?? 'undefined');
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** Enough of it for a message: megabytes are not made into JSON to be cut. */
function shortened(value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, 80);
  if (Array.isArray(value)) return value.slice(0, 20).map(shortened);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, 10)
      .map(([key, one]) => [key, shortened(one)]),
  );
}
