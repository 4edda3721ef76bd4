import { createHash, randomUUID } from 'node:crypto';
import type { SluiceActivities } from '@sluice/sdk';
import { pathName } from '../job/inputs/path-name.ts';
import { runningAttempt } from '../partial/attempt.ts';

type Input = Parameters<SluiceActivities['replay']>[0];

/** What all attempts at one replay share. */
export interface Attempts {
  /** Name of a folder; of a step that is run again, by a retry of the run, it is another one. */
  readonly name: string;
  /** Epoch ms at which the step began. */
  readonly begun: number;
  /** False where nobody tries again: what was written down is then of no use afterwards. */
  readonly again: boolean;
}

/** @param stable what is replaced: where that changes between two attempts, what was learned is of no use */
export function attemptsOf({ ref, spec }: Input, stable: string): Attempts {
  const found = runningAttempt();
  const begun = found?.begun ?? Date.now();
  const own = found === null ? randomUUID() : [found.activityId, begun];
  const digest = createHash('sha256')
    .update(JSON.stringify([ref, spec, stable, own]))
    .digest('hex')
    .slice(0, 16);
  return { name: `${pathName(`${ref.workflowId} ${ref.step}`)}.${digest}`, begun, again: found !== null };
}
