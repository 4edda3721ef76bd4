import { describeError, type ReadyOutcome, type SluiceActivities, SluiceError } from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';
import { activityScope, alive } from '../serving/activity-scope.ts';
import { retryable } from './retryable.ts';
import { targetOf } from './target-of.ts';

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
        return { ready: false, reason: describeError(error), restarts: null };
      }
    });
  };
}

/** Ends a version's processes; a version that is gone is fine. */
export function stopVersionActivity(context: ActivityContext): SluiceActivities['stopVersion'] {
  return ({ endpoint, id }) => {
    const scope = activityScope();
    return alive(scope, () => retryable(() => targetOf(context, endpoint).stop(endpoint, id, scope)));
  };
}
