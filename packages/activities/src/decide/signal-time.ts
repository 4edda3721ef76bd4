import { ErrorCode, type SluiceActivities, SluiceError } from '@sluice/sdk';
import { activityInfo } from '@temporalio/activity';
import type { ActivityContext } from '../context.ts';

/** When the server took a signal: a worker that was away brings it late, and the history has its time. */
export function signalTimeActivity({ temporal }: Pick<ActivityContext, 'temporal'>): SluiceActivities['signalTime'] {
  return async ({ signal, nth }) => {
    const execution = activityInfo().workflowExecution;
    if (execution === undefined) throw new SluiceError(ErrorCode.Internal, 'signalTime was called by no workflow.');
    const request = { namespace: temporal.options.namespace, execution };
    let left = nth;
    let token: Uint8Array | undefined;
    do {
      const { history, nextPageToken } = await temporal.workflowService.getWorkflowExecutionHistory({
        ...request,
        nextPageToken: token ?? null,
      });
      for (const { eventTime, workflowExecutionSignaledEventAttributes: taken } of history?.events ?? []) {
        if (taken?.signalName !== signal) continue;
        left -= 1;
        if (left === 0) return Number(eventTime?.seconds ?? 0) * 1000 + Math.floor((eventTime?.nanos ?? 0) / 1e6);
      }
      token = nextPageToken;
    } while (token !== undefined && token.length > 0);
    return null;
  };
}
