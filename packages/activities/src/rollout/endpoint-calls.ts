import { randomUUID } from 'node:crypto';
import {
  ENDPOINT_WORKFLOW,
  ErrorCode,
  endpointWorkflowId,
  type RolloutAnswer,
  Signal,
  type SluiceActivities,
  SluiceError,
  Update,
} from '@sluice/sdk';
import { WithStartWorkflowOperation, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import type { Workflow } from '@temporalio/common';
import type { ActivityContext } from '../context.ts';
import { activityScope, alive } from '../serving/activity-scope.ts';
import { endpointStart, endpointState } from './endpoint-state.ts';

/** Hands a rollout to the endpoint's workflow, starting that when there is none. One request id is one rollout. */
export function requestRolloutActivity(context: ActivityContext): SluiceActivities['requestRollout'] {
  return ({ request }) =>
    alive(activityScope(), async () => {
      const { endpoint } = request;
      const workflowId = endpointWorkflowId(endpoint);
      try {
        return await context.temporal.workflow.executeUpdateWithStart<Workflow, RolloutAnswer, [typeof request]>(
          Update.rollout,
          {
            args: [request],
            // One id is one rollout by the endpoint's own books; an update's id would bring back an answer of then.
            updateId: randomUUID(),
            startWorkflowOperation: new WithStartWorkflowOperation(ENDPOINT_WORKFLOW, endpointStart(context, endpoint)),
          },
        );
      } catch (error) {
        if (error instanceof WorkflowUpdateFailedError) {
          return { accepted: false, why: error.cause?.message ?? error.message, outcome: null };
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

/** Takes a rollout back whose run was cancelled. An endpoint that is not there has nothing to take back. */
export function withdrawRolloutActivity(context: ActivityContext): SluiceActivities['withdrawRollout'] {
  return async ({ endpoint, id }) => {
    try {
      await context.temporal.workflow.getHandle(endpointWorkflowId(endpoint)).signal(Signal.withdraw, { id });
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
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
