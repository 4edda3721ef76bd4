import { type EndpointState, ErrorCode, endpointWorkflowId, Query, SluiceError } from '@sluice/sdk';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { ActivityContext } from '../context.ts';

/**
 * What an endpoint's workflow says of it; null when there is no such workflow, so nothing was ever deployed.
 *
 * @throws SluiceError `Unreachable`, to be tried again.
 */
export async function endpointState(
  context: Pick<ActivityContext, 'temporal'>,
  endpoint: string,
): Promise<EndpointState | null> {
  const workflowId = endpointWorkflowId(endpoint);
  try {
    return await context.temporal.workflow.getHandle(workflowId).query<EndpointState>(Query.endpoint);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw new SluiceError(ErrorCode.Unreachable, `The workflow ${workflowId} did not answer what it serves.`, {
      where: `endpoint ${endpoint}`,
      fix: 'Look whether the Temporal server and a worker of this project run.',
      cause: error,
      permanent: false,
    });
  }
}
