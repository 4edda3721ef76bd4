import { type EndpointState, endpointWorkflowId, Query } from '@sluice/sdk';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { answeredByWorker } from './answered-by-worker.ts';

export interface EndpointLook {
  /** Does its workflow run? What one that has ended would answer is of then, and not told. */
  readonly running: boolean;
  /** Null when it does not run, or nothing was ever deployed. */
  readonly state: EndpointState | null;
  /** Was there ever a workflow of it? */
  readonly known: boolean;
}

/** How an endpoint stands by its workflow. @throws SluiceError `Unreachable` while no worker answers */
export async function lookAtEndpoint(client: Client, endpoint: string): Promise<EndpointLook> {
  const workflowId = endpointWorkflowId(endpoint);
  const handle = client.workflow.getHandle(workflowId);
  try {
    const running = (await handle.describe()).status.name === 'RUNNING';
    if (!running) return { running, state: null, known: true };
    const state = await answeredByWorker(client, workflowId, () => handle.query<EndpointState>(Query.endpoint));
    return { running, state, known: true };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { running: false, state: null, known: false };
    throw error;
  }
}
