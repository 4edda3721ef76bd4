import type { AttemptProgress } from '@sluice/sdk';
import { Context } from '@temporalio/activity';
import { endOf } from '../worker-stop.ts';

/**
 * Why the one who runs us wants us to stop.
 * - `cancelled`: the run was cancelled
 * - `shutdown`: this worker stops (or the activity was paused or reset): to be resumed elsewhere
 * - `gone`: nobody waits for this attempt any more; it may have a successor already
 */
export type StopReason = 'cancelled' | 'shutdown' | 'gone';

/** What a job needs of whoever runs it: a Temporal activity, or `sluice step` on a laptop. */
export interface ActivitySeam {
  /** Must not throw and must not block. */
  heartbeat(progress: AttemptProgress): void;
  /** Aborted when the job has to stop. */
  readonly cancelled: AbortSignal;
  /** Why; asked only once `cancelled` is aborted. */
  reason(): StopReason;
  /** How often this very attempt was handed out, from 1. */
  readonly delivery: number;
}

/** The seam of the Temporal activity that this code runs in; null outside of one. */
export function temporalSeam(): ActivitySeam | null {
  const context = currentContext();
  if (context === null) return null;
  return {
    heartbeat: (progress) => context.heartbeat(progress),
    cancelled: endOf(context),
    delivery: context.info.attempt,
    reason() {
      if (!context.cancellationSignal.aborted) return 'shutdown';
      const details = context.cancellationDetails;
      const error: unknown = context.cancellationSignal.reason;
      const message = error instanceof Error ? error.message : '';
      if (details?.notFound || details?.timedOut || message === 'NOT_FOUND' || message === 'TIMED_OUT') return 'gone';
      if (details?.cancelRequested) return 'cancelled';
      if (details?.workerShutdown || details?.paused || details?.reset) return 'shutdown';
      return ['WORKER_SHUTDOWN', 'PAUSED', 'RESET'].includes(message) ? 'shutdown' : 'cancelled';
    },
  };
}

/** A seam for running a job in this process without Temporal; aborting `signal` cancels the job. */
export function localSeam(
  signal: AbortSignal = new AbortController().signal,
  heartbeat: (progress: AttemptProgress) => void = () => {},
): ActivitySeam {
  return { heartbeat, cancelled: signal, reason: () => 'cancelled', delivery: 1 };
}

function currentContext(): Context | null {
  try {
    return Context.current();
  } catch {
    return null;
  }
}
