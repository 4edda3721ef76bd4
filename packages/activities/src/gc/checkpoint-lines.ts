import { pathName } from '../job/inputs/path-name.ts';
import type { StoredPointer } from '../store/store-sweep.ts';
import type { KnownRun } from './runs.ts';

/**
 * Says of a pointer whether it is the checkpoint line of a job that nobody will resume: its run has completed, or
 * Temporal knows it no longer, and nothing has happened to either since `before`. A run that failed may be retried
 * from its checkpoints for as long as Temporal has it.
 */
export function finishedLines(
  runs: readonly KnownRun[],
  before: number,
): (pointer: Pick<StoredPointer, 'key' | 'changedAt'>) => boolean {
  const needed = new Set(
    runs
      .filter(({ status, closedAt }) => status !== 'completed' || (closedAt ?? Infinity) >= before)
      .map(({ workflowId }) => pathName(workflowId)),
  );
  return ({ key, changedAt }) => {
    const [kind, run, step] = key.split('/');
    return kind === 'checkpoints' && step !== undefined && changedAt < before && !needed.has(run ?? '');
  };
}
