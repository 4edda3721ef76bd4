import { pathName } from '../job/inputs/path-name.ts';
import type { StoredPointer } from '../store/store-sweep.ts';
import type { KnownRun } from './runs.ts';

/** What a pointer is for, in words; and whether nobody will ask for it again. */
export interface JudgedPointer {
  readonly kind: 'checkpoint lines' | 'partial results' | 'notification marks' | 'other pointers';
  readonly finished: boolean;
}

/**
 * Judges pointers by the runs they belong to, as long as nothing has happened to either since `before`:
 *
 * - The checkpoint line of a job is finished when its run has completed, or when Temporal knows it no longer. A run that
 *   failed may be retried from its checkpoints for as long as Temporal has it.
 * - Partial results of a step are finished when the checkpoint line of a job would be.
 * - The mark of a notification that was sent is finished when Temporal knows its run no longer.
 */
export function pointerJudge(runs: readonly KnownRun[], before: number): (pointer: StoredPointer) => JudgedPointer {
  const known = new Set(runs.map(({ workflowId }) => workflowId));
  const resumable = new Set(
    runs
      .filter(({ status, closedAt }) => status !== 'completed' || (closedAt ?? Infinity) >= before)
      .map(({ workflowId }) => pathName(workflowId)),
  );
  return ({ key, value, changedAt }) => {
    const [kind, run, step] = key.split('/');
    const old = changedAt < before;
    const goesOn = resumable.has(run ?? '');
    if (kind === 'checkpoints' && step !== undefined) return { kind: 'checkpoint lines', finished: old && !goesOn };
    if (kind === 'partial' && step !== undefined) return { kind: 'partial results', finished: old && !goesOn };
    if (kind === 'notified') {
      const of = runOf(value);
      return { kind: 'notification marks', finished: old && of !== null && !known.has(of) };
    }
    return { kind: 'other pointers', finished: false };
  };
}

function runOf(value: string): string | null {
  try {
    const { run } = JSON.parse(value) as { readonly run?: unknown };
    return typeof run === 'string' ? run : null;
  } catch {
    return null;
  }
}
