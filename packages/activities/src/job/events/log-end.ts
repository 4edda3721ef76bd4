import { ErrorCode, isInfrastructure, type JobInput } from '@sluice/sdk';
import { CancelledFailure } from '@temporalio/common';
import type { ActivityContext } from '../../context.ts';
import { stableCode } from '../../system-errors.ts';
import { type CheckpointLine, lineKey } from '../checkpoints/checkpoint-line.ts';
import { parseLine } from '../checkpoints/manifest.ts';
import type { TrainingLog } from './training-log.ts';

const LOG_END_MS = 30_000;

/** What the training log hears. It is one over all attempts, so an outdated one leaves the last word to its successor. */
export async function statusOf(
  error: unknown,
  superseded: () => Promise<boolean>,
): Promise<'failed' | 'preempted' | 'cancelled'> {
  if (error instanceof CancelledFailure) return 'cancelled';
  const code = stableCode(error);
  // Without a successor its run was ended from outside.
  if (code === ErrorCode.Fenced) return (await superseded().catch(() => true)) ? 'preempted' : 'cancelled';
  // An outage is waited out.
  return code === ErrorCode.Preempted || isInfrastructure(code) ? 'preempted' : 'failed';
}

/** Has another execution claimed the work since? Asked also of an attempt that was ended before it had claimed it. */
export async function hasSuccessor(
  { store }: ActivityContext,
  { ref, order, attempt }: JobInput,
  id: string,
  line: CheckpointLine | null,
): Promise<boolean> {
  if (line !== null) return line.superseded();
  const key = lineKey(ref);
  const pointer = await store.readPointer(key);
  if (pointer === null) return false;
  const { claim } = parseLine(key, pointer.value);
  return claim.owner !== id && (claim.order > order || (claim.order === order && claim.attempt >= attempt));
}

/** A training log whose end is told once, never fails, and takes 30 s at most. */
export function endOnce(log: TrainingLog): TrainingLog {
  let ended: Promise<void> | null = null;
  return {
    start: () => log.start(),
    metrics: (points) => log.metrics(points),
    end(status) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((done) => {
        timer = setTimeout(done, LOG_END_MS);
      });
      ended ??= Promise.race([log.end(status).catch(() => {}), late]);
      return ended.finally(() => clearTimeout(timer));
    },
  };
}
