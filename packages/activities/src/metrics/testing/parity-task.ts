import type { Json } from '@sluice/sdk';
import { isUnscored, type Metric } from '../metric.ts';

/** Something that a reference library computes and our metrics do too. */
export interface ParityTask {
  readonly name: string;
  /** What the reference is asked: a line for `oracle.py`. */
  readonly ask: { readonly task: string } & Readonly<Record<string, unknown>>;
  /** The same of ours, in the form of the reference's answer. */
  readonly ours: () => unknown;
  /** How far numbers may be apart, as a share. @default 1e-9 */
  readonly relative?: number;
}

/** The metric of all cases: the mean of scores, or what it computes of its parts. */
export function overAll(metric: Metric, expected: readonly Json[], answers: readonly Json[]): number | null {
  const cases = expected.map((one, at) => ({ expected: one, answer: answers[at] ?? null, latencyMs: null }));
  const scored = cases.map((one) => (metric.of === 'case' ? metric.score(one) : metric.part(one)));
  const problem = scored.find(isUnscored);
  if (problem !== undefined) throw new Error(problem.problem);
  if (metric.of === 'corpus') return metric.score(scored as Json[]);
  return (scored as number[]).reduce((sum, one) => sum + one, 0) / cases.length;
}
