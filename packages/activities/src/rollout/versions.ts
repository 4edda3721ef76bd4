import { describeError, ErrorCode, type ReadyOutcome, type SluiceActivities, SluiceError } from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';
import { activityScope, alive } from '../serving/activity-scope.ts';
import { targetOf } from './target.ts';

/**
 * Starts a version without traffic. What cannot be mended by trying again (no such model, no such command, a server
 * that exits) is an answer with a reason, not an error: the endpoint goes on with what it has.
 */
export function startVersionActivity(context: ActivityContext): SluiceActivities['startVersion'] {
  return ({ endpoint, candidate }) => {
    const scope = activityScope();
    return alive(scope, async (): Promise<ReadyOutcome> => {
      try {
        return await targetOf(context, endpoint).start(endpoint, candidate, scope);
      } catch (error) {
        scope.signal.throwIfAborted();
        if (!(error instanceof SluiceError) || !error.permanent) throw error;
        return { ready: false, reason: describeError(error) };
      }
    });
  };
}

/** Sets weights and mirror and reads them back. Every error may be tried again: a rollback must never give up. */
export function setTrafficActivity(context: ActivityContext): SluiceActivities['setTraffic'] {
  return ({ endpoint, weights, mirror }) => {
    const scope = activityScope();
    return alive(scope, () =>
      retryable(() => targetOf(context, endpoint).traffic(endpoint, { weights, mirror }, scope)),
    );
  };
}

/** Ends a version's processes; a version that is gone is fine. */
export function stopVersionActivity(context: ActivityContext): SluiceActivities['stopVersion'] {
  return ({ endpoint, id }) => {
    const scope = activityScope();
    return alive(scope, () => retryable(() => targetOf(context, endpoint).stop(endpoint, id, scope)));
  };
}

async function retryable<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SluiceError) || !error.permanent) throw error;
    const { message, where, fix, data } = error;
    throw new SluiceError(error.code === ErrorCode.Internal ? ErrorCode.Refused : error.code, message, {
      ...(where === undefined ? {} : { where }),
      ...(fix === undefined ? {} : { fix }),
      data,
      cause: error,
      permanent: false,
    });
  }
}
