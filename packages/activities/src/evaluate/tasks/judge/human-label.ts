import type { Json } from '@sluice/sdk';
import { z } from 'zod';
import { canonical } from '../../../job/inputs/digests.ts';

/** Which of two answers to a case's input people find better: what a judge has to agree with. */
export interface HumanLabel {
  readonly answers: readonly [Json, Json];
  readonly prefers: 'first' | 'second' | 'neither';
  /** The judge's name in results that it is for; null: the only one of the case's task. */
  readonly judge: string | null;
}

export const humanLabel = z
  .strictObject({
    answers: z.tuple([z.json(), z.json()]),
    prefers: z.enum(['first', 'second', 'neither']),
    judge: z.string().min(1).nullable().default(null),
  })
  .superRefine(({ answers: [first, second] }, context) => {
    if (canonical(first) !== canonical(second)) return;
    context.addIssue({ code: 'custom', path: ['answers'], message: 'both are the same' });
  });

/** Why nobody could be held against a label; null: somebody is. */
export function labelProblem({ judge }: HumanLabel, judges: readonly string[]): string | null {
  if (judges.length === 0) return 'human: no metric of its task is a judge';
  if (judge === null) return judges.length === 1 ? null : `human: it has to say which judge: ${judges.join(', ')}`;
  return judges.includes(judge) ? null : `human.judge: there is no ${JSON.stringify(judge)}, but ${judges.join(', ')}`;
}
