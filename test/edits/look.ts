import { SearchAttribute } from '@sluice/sdk';
import type { Client } from '@temporalio/client';

/** How a run stands whose code may have changed. */
export interface Look {
  readonly runId: string;
  /** `RUNNING`, `COMPLETED`, … */
  readonly status: string;
  /** `SluiceState` */
  readonly state: string;
  /** What its workflow task, or that of one of its children, fails with; null while none does. */
  readonly stopped: string | null;
}

export async function lookAt(client: Client, workflowId: string): Promise<Look> {
  const found = await client.workflow.getHandle(workflowId).describe();
  let stopped = await failureOf(client, workflowId, found.raw.pendingWorkflowTask?.attempt);
  for (const { workflowId: child, runId } of found.raw.pendingChildren ?? []) {
    if (stopped !== null) break;
    if (!child || !runId) continue;
    // After a reset there may be a child of that id yet that is on its way out.
    const { raw } = await client.workflow.getHandle(child, runId).describe();
    stopped = await failureOf(client, child, raw.pendingWorkflowTask?.attempt);
  }
  const state = String(found.searchAttributes?.[SearchAttribute.state]?.[0] ?? '');
  return { runId: found.runId, status: found.status.name, state, stopped };
}

/** The newest failure of a workflow task that is tried again and again. */
async function failureOf(
  client: Client,
  workflowId: string,
  attempt: number | null | undefined,
): Promise<string | null> {
  if ((attempt ?? 1) < 2) return null;
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: client.options.namespace,
    execution: { workflowId },
    maximumPageSize: 20,
  });
  for (const { workflowTaskFailedEventAttributes: failed } of history?.events ?? []) {
    // A reset stands in the history as a failed task too.
    if (failed && !failed.baseRunId) return failed.failure?.message ?? '';
  }
  return null;
}
