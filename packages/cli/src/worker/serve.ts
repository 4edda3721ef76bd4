import { type ActivityContext, workerStopped } from '@sluice/activities';
import { ErrorCode, SluiceError } from '@sluice/sdk';
import type { Worker } from '@temporalio/worker';

/** What is left for last commits, and for telling the server, once programs are dead, ms. */
const STORING_MS = 15_000;

/** Why a worker ended of itself. */
export type WorkerEnd = 'stopped' | 'preempted';

export interface ServeOptions {
  /** Where this machine's end is told; null: nowhere. */
  readonly notices: ActivityContext['preemption'] | null;
  /** Ends what runs. */
  readonly stopping: AbortController;
  /** Between being told to stop and the last program's death, ms. */
  readonly grace: number;
  /** Told to stop. */
  readonly signal: AbortSignal;
  readonly onReady?: (() => void) | undefined;
}

/**
 * Runs until told to stop, from outside or by a notice that this machine goes away. A notice ends polling only; being
 * told to stop ends what runs too, also when a notice came before.
 */
export async function serve(
  worker: Pick<Worker, 'run' | 'shutdown' | 'getState'>,
  { notices, stopping, grace, signal, onReady }: ServeOptions,
): Promise<WorkerEnd> {
  let end: WorkerEnd = 'stopped';
  const takeNoMore = (why: WorkerEnd): void => {
    if (worker.getState() !== 'RUNNING') return;
    end = why;
    worker.shutdown();
  };
  let overdue: NodeJS.Timeout | undefined;
  let giveUp = (_: Error): void => {};
  const tooLate = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  const onAbort = (): void => {
    stopping.abort(workerStopped());
    takeNoMore('stopped');
    const limit = grace + STORING_MS;
    overdue = setTimeout(() => giveUp(overdueError(limit)), limit);
  };
  const running = worker.run();
  signal.addEventListener('abort', onAbort);
  const unsubscribe = notices?.subscribe(() => takeNoMore('preempted')) ?? (() => {});
  if (signal.aborted) onAbort();
  else if (notices?.current()) takeNoMore('preempted');
  else onReady?.();
  try {
    await Promise.race([running, tooLate]);
  } finally {
    clearTimeout(overdue);
    running.catch(() => {}); // of a worker that was given up, nobody hears any more
    unsubscribe();
    signal.removeEventListener('abort', onAbort);
  }
  return end;
}

function overdueError(limit: number): SluiceError {
  return new SluiceError(ErrorCode.Internal, `Work still ran ${limit / 1000} s after the worker was told to stop.`, {
    fix: 'Nothing is lost that was stored: the next attempt goes on. See the log for what held it up, or give more time by --grace.',
  });
}
