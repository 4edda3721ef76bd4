import {
  ENDPOINT_WORKFLOW,
  ErrorCode,
  endpointWorkflowId,
  Signal,
  type SluiceActivities,
  SluiceError,
  taskQueue,
  Update,
} from '@sluice/sdk';
import { WithStartWorkflowOperation, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { Workflow } from '@temporalio/common';
import type { ActivityContext } from '../context.ts';
import { activityScope, alive } from '../serving/activity-scope.ts';
import { endpointState } from './endpoint-state.ts';

interface Accepted {
  readonly accepted: boolean;
  readonly why: string | null;
}

/** Hands a rollout to the endpoint's workflow, starting that when there is none. One request id is one rollout. */
export function requestRolloutActivity(context: ActivityContext): SluiceActivities['requestRollout'] {
  return ({ request }) =>
    alive(activityScope(), async () => {
      const { endpoint } = request;
      const workflowId = endpointWorkflowId(endpoint);
      try {
        return await context.temporal.workflow.executeUpdateWithStart<Workflow, Accepted, [typeof request]>(
          Update.rollout,
          {
            args: [request],
            updateId: request.id,
            startWorkflowOperation: new WithStartWorkflowOperation(ENDPOINT_WORKFLOW, {
              workflowId,
              taskQueue: taskQueue(context.config.project),
              args: [{ endpoint }],
              workflowIdConflictPolicy: 'USE_EXISTING',
              staticSummary: `traffic of ${endpoint}`,
            }),
          },
        );
      } catch (error) {
        if (error instanceof WorkflowUpdateFailedError) {
          return { accepted: false, why: error.cause?.message ?? error.message };
        }
        throw new SluiceError(ErrorCode.Unreachable, `The workflow ${workflowId} did not take the rollout.`, {
          where: `endpoint ${endpoint}`,
          fix: 'Look whether the Temporal server and a worker of this project run; it is tried again.',
          cause: error,
          permanent: false,
        });
      }
    });
}

/** What the endpoint's workflow says of one rollout; null when it knows nothing of it. */
export function rolloutOutcomeActivity(context: ActivityContext): SluiceActivities['rolloutOutcome'] {
  return async ({ endpoint, id }) => {
    const state = await endpointState(context, endpoint);
    if (state === null) return null;
    const outcome = state.history.find((one) => one.id === id);
    if (outcome !== undefined) return outcome;
    return state.rollout === id || state.queued.includes(id) ? 'under-way' : null;
  };
}

/** Tells a run how its rollout ended; a run that is gone is fine. */
export function replyToRunActivity(context: ActivityContext): SluiceActivities['replyToRun'] {
  return async ({ workflowId, outcome }) => {
    try {
      await context.temporal.workflow.getHandle(workflowId).signal(Signal.rolloutFinished, outcome);
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  };
}
