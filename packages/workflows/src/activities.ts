import type { SluiceActivities, TemporalOptions } from '@sluice/sdk';
import { type ActivityOptions, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import { summary } from './summary.ts';

/** Errors that trying again can mend are tried for ever, with the wait growing to half a minute. */
const retry = { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' } as const;

/** Read once at the start of a run; local, because it costs no round trip. */
export const local = proxyLocalActivities<Pick<SluiceActivities, 'settings'>>({
  startToCloseTimeout: '10 seconds',
  retry,
});

/** Small activities, on the queue of the workflow itself. */
export function small(what: string, options: ActivityOptions = {}) {
  return proxyActivities<SluiceActivities>({
    startToCloseTimeout: '2 minutes',
    heartbeatTimeout: '10 seconds',
    retry,
    ...options,
    summary: summary(what),
  } as ActivityOptions);
}

/** Activities that take as long as they take, and say so by heartbeats. */
export function long(what: string, queue: string | null, temporal: TemporalOptions | null) {
  return proxyActivities<SluiceActivities>({
    startToCloseTimeout: '7 days',
    heartbeatTimeout: '30 seconds',
    ...(queue === null ? {} : { taskQueue: queue }),
    retry,
    ...temporal,
    summary: summary(what),
  });
}
