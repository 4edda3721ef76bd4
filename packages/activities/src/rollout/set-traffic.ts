import type { SluiceActivities } from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';
import { activityScope, alive } from '../serving/activity-scope.ts';
import { retryable } from './retryable.ts';
import { targetOf } from './target-of.ts';

/**
 * Sets weights, mirror and lease and reads them back. A version that cannot serve is an answer; every error may be tried
 * again: a rollback must never give up.
 */
export function setTrafficActivity(context: ActivityContext): SluiceActivities['setTraffic'] {
  return ({ endpoint, ...traffic }) => {
    const scope = activityScope();
    return alive(scope, () => retryable(() => targetOf(context, endpoint).traffic(endpoint, traffic, scope)));
  };
}
