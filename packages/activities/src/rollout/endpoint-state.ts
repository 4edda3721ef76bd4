import {
  ENDPOINT_WORKFLOW,
  type EndpointState,
  ErrorCode,
  endpointWorkflowId,
  Query,
  SluiceError,
  taskQueue,
} from '@sluice/sdk';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { ActivityContext } from '../context.ts';
import { readLedger } from './ledger.ts';
import { targetOf } from './target-of.ts';

/**
 * What an endpoint's workflow says of it; null when nothing was ever deployed. One whose workflow has ended is started
 * again and takes stock: what a closed workflow would answer is of yesterday, and an endpoint without a workflow may
 * well have traffic.
 *
 * @throws SluiceError `Unreachable`, to be tried again.
 */
export async function endpointState(context: ActivityContext, endpoint: string): Promise<EndpointState | null> {
  const workflowId = endpointWorkflowId(endpoint);
  let state: EndpointState | null;
  try {
    state = await ofRunning(context, workflowId);
    if (state === null) {
      if (!(await isKnown(context, endpoint))) return null;
      await context.temporal.workflow.start(ENDPOINT_WORKFLOW, endpointStart(context, endpoint));
    }
  } catch (cause) {
    throw notYet(endpoint, `The workflow ${workflowId} did not answer what it serves.`, cause);
  }
  if (state !== null && state.mode !== 'adopting') return state;
  throw notYet(endpoint, `The workflow ${workflowId} is finding out what it serves.`);
}

/** How an endpoint's workflow is started, by whoever needs it first. */
export function endpointStart({ config }: Pick<ActivityContext, 'config'>, endpoint: string) {
  return {
    workflowId: endpointWorkflowId(endpoint),
    taskQueue: taskQueue(config.project),
    args: [{ endpoint }] as [{ endpoint: string }],
    workflowIdConflictPolicy: 'USE_EXISTING' as const,
    staticSummary: `traffic of ${endpoint}`,
  };
}

async function ofRunning({ temporal }: ActivityContext, workflowId: string): Promise<EndpointState | null> {
  const handle = temporal.workflow.getHandle(workflowId);
  try {
    if ((await handle.describe()).status.name !== 'RUNNING') return null;
    return await handle.query<EndpointState>(Query.endpoint);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

/** Does anything outside of Temporal know of it? */
async function isKnown(context: ActivityContext, endpoint: string): Promise<boolean> {
  if ((await readLedger(context, endpoint)) !== null) return true;
  if (context.gateway === null) return false;
  const seen = await targetOf(context, endpoint).observe(endpoint);
  return seen !== null && Object.keys(seen.weights).length > 0;
}

function notYet(endpoint: string, message: string, cause?: unknown): SluiceError {
  return new SluiceError(ErrorCode.Unreachable, message, {
    where: `endpoint ${endpoint}`,
    fix: 'Look whether the Temporal server and a worker of this project run; it is tried again.',
    cause,
    permanent: false,
  });
}
