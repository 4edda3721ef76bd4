import { type Evidence, type Suite, type Verdict, worstFirst, worstOf } from '@sluice/sdk';
import { mcnemarExact } from '../statistics/mcnemar.ts';
import { compareMeans } from './compare-means.ts';
import { ofSign, scoredByBoth, withNumbersOnly } from './gains.ts';
import { type Pair, scoreFor } from './score.ts';
import { comparisonNote } from './verdict-note.ts';

export interface Judged {
  readonly verdict: Verdict;
  /** Worst first. */
  readonly evidence: readonly Evidence[];
}

export interface JudgeOptions {
  readonly metric: Suite['metric'];
  readonly margin: number;
  /** The most that one case can lose or gain; left out or null where nobody said. */
  readonly worst?: number | null;
  readonly seed: number;
  /** The candidate is, byte for byte, the baseline. */
  readonly sameModel: boolean;
  /** Called between slices of work; throw to stop. */
  readonly onSlice?: () => void;
}

/** Fewest pairs for a verdict on numbers: of fewer nobody can tell how their tail goes on. */
export const MIN_PAIRS = 10;
/** Share of cases without an answer of the baseline's, above which nothing can be said. */
export const MAX_UNANSWERED = 0.05;
/** Of the overall interval, and of all intervals of the categories together. */
export const CONFIDENCE = 0.95;

const names: Record<Suite['metric'], string> = {
  correct: 'accuracy',
  absolute_error: 'mean absolute error',
  squared_error: 'mean squared error',
};

/**
 * The deploy question: is the candidate no worse than the baseline by more than the margin? The worst of the overall
 * row, the rows about errors, and those categories that fail; a category too small to tell is shown, and does not
 * sink a suite that is large enough as a whole.
 */
export async function judge(given: readonly Pair[], options: JudgeOptions): Promise<Judged> {
  const pairs = withNumbersOnly(given);
  if (pairs.length === 0) {
    const row = {
      metric: names[options.metric],
      verdict: 'inconclusive',
      value: null,
      n: 0,
      note: 'there are no cases',
    };
    return { verdict: 'inconclusive', evidence: [row as Evidence] };
  }
  const overall = await compare(pairs, undefined, CONFIDENCE, options);
  const counting: Evidence[] = [overall, ...answerRows(pairs)];
  const others: Evidence[] = [];
  const categories = byCategory(pairs);
  if (categories.size > 1) {
    // Bonferroni: all intervals of the categories hold together with 95 %.
    const confidence = 1 - (1 - CONFIDENCE) / categories.size;
    for (const [category, slice] of [...categories].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const row = await compare(slice, category, confidence, options);
      if (row.verdict === 'fail') counting.push(row);
      else others.push(row.verdict === 'pass' ? row : { ...row, note: joined(row.note, 'does not count by itself') });
    }
  }
  return {
    verdict: worstOf(counting.map(({ verdict }) => verdict)),
    evidence: [...inOrder(counting), ...inOrder(others)],
  };
}

async function compare(
  pairs: readonly Pair[],
  slice: string | undefined,
  confidence: number,
  options: JudgeOptions,
): Promise<Evidence> {
  const { metric, margin } = options;
  const base = { metric: names[metric], ...(slice === undefined ? {} : { slice }) };
  if (pairs.every(({ baseline }) => baseline === null)) {
    const value = natural(metric, mean(pairs.flatMap(({ candidate }) => scoreFor(metric, candidate) ?? [])));
    return { ...base, verdict: 'pass', value, n: pairs.length, note: 'nothing to compare with' };
  }
  const { gains, gain, candidate, baseline } = scoredByBoth(pairs, metric);
  const n = gains.length;
  const row = {
    ...base,
    value: natural(metric, candidate),
    baseline: natural(metric, baseline),
    threshold: `gain > -${margin}`,
    n,
  };
  if (n === 0) return { ...row, verdict: 'inconclusive', note: 'no case was answered by both' };
  if (options.sameModel) {
    return { ...row, verdict: 'pass', effect: gain, note: 'the candidate is the baseline, byte for byte' };
  }
  const found = await compareMeans(gains, {
    margin,
    worst: metric === 'correct' ? 1 : (options.worst ?? null),
    confidence,
    ...(options.onSlice === undefined ? {} : { onSlice: options.onSlice }),
  });
  if (found === null) return { ...row, verdict: 'error', note: 'the scores are too far apart to be compared' };
  const { effect, interval, verdict } = found;
  if (metric === 'correct') {
    const [wins, losses] = [ofSign(gains, 1), ofSign(gains, -1)];
    const note = `right on both or neither: ${n - wins - losses}, only the candidate: ${wins}, only the baseline: ${losses}`;
    const p = mcnemarExact(losses, wins);
    return { ...row, effect, interval, p, verdict, note: joined(await comparisonNote(found, metric), note) };
  }
  const measured = { ...row, effect, interval, seed: options.seed };
  if (n < MIN_PAIRS) {
    const note = joined(
      verdict === 'inconclusive' ? await comparisonNote(found, metric) : undefined,
      `fewer than ${MIN_PAIRS} cases`,
    );
    return { ...measured, verdict: 'inconclusive', note };
  }
  const note = await comparisonNote(found, metric);
  return { ...measured, verdict, ...(note === undefined ? {} : { note }) };
}

/** Did a model answer? */
export type Answered = { readonly ok: true } | { readonly ok: false; readonly error: string };
/** One case, answered or not by both. */
export interface AnsweredPair {
  readonly candidate: Answered;
  /** Null where there is nothing to compare with. */
  readonly baseline: Answered | null;
}

/** What was not answered: by the candidate only (fails), by the baseline (too often: nothing can be said). */
export function answerRows(pairs: readonly AnsweredPair[]): Evidence[] {
  const n = pairs.length;
  const failed = pairs.filter(({ candidate }) => !candidate.ok);
  if (pairs.every(({ baseline }) => baseline === null)) {
    const verdict = failed.length === 0 ? 'pass' : 'fail';
    return [
      { metric: 'cases not answered', verdict, value: failed.length, threshold: '= 0', n, ...firstError(failed) },
    ];
  }
  const worse = failed.filter(({ baseline }) => baseline?.ok === true);
  const rows: Evidence[] = [
    {
      metric: 'cases only the baseline answers',
      verdict: worse.length === 0 ? 'pass' : 'fail',
      value: worse.length,
      threshold: '= 0',
      n,
      ...firstError(worse),
    },
  ];
  const unanswered = pairs.filter(({ baseline }) => baseline?.ok === false).length;
  if (unanswered > 0) {
    rows.push({
      metric: 'share of cases the baseline does not answer',
      verdict: unanswered / n > MAX_UNANSWERED ? 'inconclusive' : 'pass',
      value: unanswered / n,
      threshold: `≤ ${MAX_UNANSWERED}`,
      n,
    });
  }
  return rows;
}

function firstError(pairs: readonly AnsweredPair[]): { note?: string } {
  const first = pairs[0]?.candidate;
  return first === undefined || first.ok ? {} : { note: `first: ${first.error}` };
}

function byCategory(pairs: readonly Pair[]): Map<string, Pair[]> {
  const categories = new Map<string, Pair[]>();
  for (const pair of pairs) {
    const list = categories.get(pair.category);
    if (list === undefined) categories.set(pair.category, [pair]);
    else list.push(pair);
  }
  return categories;
}

/** By verdict; what holds for all cases before its slices, and slices by how much was lost. */
function inOrder(rows: readonly Evidence[]): Evidence[] {
  const whole = (row: Evidence) => (row.slice === undefined ? 0 : 1);
  const lost = (row: Evidence) => (row.slice === undefined ? 0 : (row.effect ?? 0));
  return worstFirst([...rows].sort((a, b) => whole(a) - whole(b) || lost(a) - lost(b)));
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Scores are higher-is-better; people read an error as a positive number. */
function natural(metric: Suite['metric'], score: number | null): number | null {
  return score === null || metric === 'correct' ? score : score === 0 ? 0 : -score;
}

function joined(note: string | undefined, more: string): string {
  return note === undefined ? more : `${note}; ${more}`;
}
