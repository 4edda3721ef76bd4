import type { SluiceActivities, StepSpec, TemporalOptions } from '@sluice/sdk';
import { type ActivityOptions, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import { attemptId, countedId } from './identity.ts';
import { summary } from './summary.ts';

/** Errors that trying again can mend are tried for ever, with the wait growing to half a minute. */
const retry = { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' } as const;

/** Read once at the start of a run; local, because it costs no round trip. */
export const local = proxyLocalActivities<Pick<SluiceActivities, 'settings'>>({
  startToCloseTimeout: '10 seconds',
  retry,
});

/**
 * Small activities, on the queue of the workflow itself.
 *
 * @param id what it is, and whose, `shop:register`: never changed, because histories hold it; how often it was asked for
 * is added
 * @param what the same in words, for people
 */
export function small(id: string, what: string, options: ActivityOptions = {}) {
  return proxyActivities<SluiceActivities>({
    startToCloseTimeout: '2 minutes',
    heartbeatTimeout: '10 seconds',
    retry,
    ...options,
    activityId: countedId(id),
    summary: summary(what),
  } as ActivityOptions);
}

/** A step's own work: it takes as long as it takes, and says so by heartbeats. */
export function long(
  { step, kind, attempt = 1 }: { step: string; kind: StepSpec['kind']; attempt?: number },
  queue: string | null,
  temporal: TemporalOptions | null,
) {
  return proxyActivities<SluiceActivities>({
    startToCloseTimeout: '7 days',
    heartbeatTimeout: '30 seconds',
    ...(queue === null ? {} : { taskQueue: queue }),
    retry,
    ...temporal,
    activityId: attemptId(step, kind, attempt),
    summary: summary(attempt === 1 ? step : `${step} (attempt ${attempt})`),
  });
}
