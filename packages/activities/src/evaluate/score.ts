import type { Json, Suite } from '@sluice/sdk';
import { single } from '../metrics/single.ts';

/** What came of one case: a score, higher is better; or why there is none. */
export type Scored =
  | { readonly ok: true; readonly score: number; readonly prediction: unknown }
  | { readonly ok: false; readonly error: string };

/**
 * Scores one prediction: `correct` is 1 or 0, errors are taken negative. A prediction that is no single value, or no
 * number where the metric needs one, is an error of the model's.
 */
export function scoreOf(metric: Suite['metric'], label: unknown, raw: unknown): Scored {
  const prediction = single(raw as Json);
  if (metric === 'correct') {
    if (!isScalar(prediction)) return { ok: false, error: `the prediction ${show(raw)} is not a single value` };
    return { ok: true, score: same(label, prediction) ? 1 : 0, prediction };
  }
  if (typeof prediction !== 'number') return { ok: false, error: `the prediction ${show(raw)} is not a number` };
  const distance = Math.abs(prediction - Number(label));
  const score = metric === 'absolute_error' ? -distance : -(distance * distance);
  if (!Number.isFinite(score)) return { ok: false, error: `the prediction ${show(raw)} is too far off to be counted` };
  return { ok: true, score, prediction };
}

/** The score of a case that counts: a wrong answer and no answer are both 0 right; errors of numbers have no size. */
export function scoreFor(metric: Suite['metric'], scored: Scored): number | null {
  if (scored.ok) return scored.score;
  return metric === 'correct' ? 0 : null;
}

function isScalar(value: unknown): value is string | number | boolean {
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function same(label: unknown, prediction: string | number | boolean): boolean {
  if (typeof label === 'boolean' && typeof prediction === 'number') return Number(label) === prediction;
  if (typeof label === 'number' && typeof prediction === 'boolean') return label === Number(prediction);
  return label === prediction || String(label) === String(prediction);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** One case, scored by both. */
export interface Pair {
  readonly category: string;
  readonly candidate: Scored;
  /** Null where there is nothing to compare with. */
  readonly baseline: Scored | null;
}
