import { AsyncLocalStorage } from 'node:async_hooks';
import type { Context } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';

const stopping = new AsyncLocalStorage<AbortSignal>();

/**
 * What ends running activities when their worker is told to stop. Temporal's own shutdown cancels them after one time
 * that is set when the worker is made, so a worker that only takes no more work, because its machine goes in a quarter
 * of an hour, could not leave them alone.
 */
export function workerStopped(): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'WorkerStopped',
    message: 'The worker was told to stop; another one goes on with it.',
    category: ApplicationFailureCategory.BENIGN,
  });
}

/** An activity that hears of `signal` by {@link endOf}. */
export function hearing<F extends (input: never) => Promise<unknown>>(signal: AbortSignal, activity: F): F {
  return ((input: never) => stopping.run(signal, () => activity(input))) as F;
}

/** Aborts when the activity is cancelled, or its worker is told to stop. */
export function endOf(context: Pick<Context, 'cancellationSignal'>): AbortSignal {
  const stop = stopping.getStore();
  return stop === undefined ? context.cancellationSignal : AbortSignal.any([context.cancellationSignal, stop]);
}
