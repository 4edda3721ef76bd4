import type { SluiceActivities } from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';
import { activityScope, alive } from '../serving/activity-scope.ts';
import { retryable } from './retryable.ts';
import { targetOf } from './target.ts';

/** Sets weights and mirror and reads them back. Every error may be tried again: a rollback must never give up. */
export function setTrafficActivity(context: ActivityContext): SluiceActivities['setTraffic'] {
  return ({ endpoint, weights, mirror }) => {
    const scope = activityScope();
    return alive(scope, () =>
      retryable(() => targetOf(context, endpoint).traffic(endpoint, { weights, mirror }, scope)),
    );
  };
}
