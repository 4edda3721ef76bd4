import type { Client } from '@temporalio/client';

/** Workflow ids of the children that a run has started, in order: each has the keys of its slice in it. */
export async function childrenOf(client: Client, workflowId: string): Promise<string[]> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).flatMap(({ startChildWorkflowExecutionInitiatedEventAttributes: child }) =>
    child?.workflowId ? [child.workflowId] : [],
  );
}
