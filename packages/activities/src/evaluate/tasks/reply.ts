import type { Json } from '@sluice/sdk';
import type { AnswerProblem } from '../suite-report.ts';
import { DEEPEST, isTooDeep } from './nesting.ts';
import type { SuiteCase } from './suite-cases.ts';

/** What came of one case: an answer, or why there is none. */
export type Reply =
  | { readonly answer: Json; readonly latencyMs: number | null }
  | { readonly error: string; readonly problem: AnswerProblem; readonly latencyMs: number | null };

/** Something that answers cases: a served model, a program. */
export interface Answerer {
  /** @throws the signal's reason when that aborts, and nothing else but what makes going on useless */
  ask(one: SuiteCase): Promise<Reply>;
  /** Ends it; safe to call twice. */
  stop(): Promise<void>;
}

/** Bytes of one answer; what is larger counts as a failure. */
export const MOST_ANSWER = 4 * 1024 * 1024;

export function failed(problem: AnswerProblem, error: string, latencyMs: number | null = null): Reply {
  return { error: error.slice(0, 500), problem, latencyMs };
}

/** What was answered, unless nobody could write it down again. */
export function answered(answer: Json, latencyMs: number | null): Reply {
  if (!isTooDeep(answer)) return { answer, latencyMs };
  return failed('answer', `the answer is nested deeper than ${DEEPEST} levels`, latencyMs);
}

export function isAnswer(reply: Reply): reply is Extract<Reply, { answer: Json }> {
  return !('error' in reply);
}
