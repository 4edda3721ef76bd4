import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { decode } from '../follow/pending-jobs.ts';
import { readable } from '../run/readable.ts';
import { msOf } from './history.ts';
import type { Execution } from './row.ts';

type Info = temporal.api.workflow.v1.IWorkflowExecutionInfo;

/** Temporal's numbers for how an execution stands. */
const STATUS = [
  'UNSPECIFIED',
  'RUNNING',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'TERMINATED',
  'CONTINUED_AS_NEW',
  'TIMED_OUT',
  'PAUSED',
] as const;

export interface ListedExecution extends Execution {
  readonly runId: string;
  /** Workflow id of the one that it is a child of. */
  readonly parent: string | null;
}

/** One page of Temporal's list. @param token of the page before; null for the first */
export async function listExecutions(
  client: Client,
  query: string,
  size: number,
  token: Uint8Array | null,
): Promise<{ readonly executions: readonly ListedExecution[]; readonly next: Uint8Array | null }> {
  const page = await client.workflowService.listWorkflowExecutions({
    namespace: client.options.namespace,
    query,
    pageSize: size,
    ...(token === null ? {} : { nextPageToken: token }),
  });
  const executions = await Promise.all((page.executions ?? []).map((info) => executionOf(client, info)));
  const next = page.nextPageToken ?? null;
  return { executions, next: next !== null && next.length > 0 ? next : null };
}

async function executionOf(client: Client, info: Info): Promise<ListedExecution> {
  const fields = Object.entries(info.memo?.fields ?? {});
  // A namespace may have runs of projects whose keys are not here: they are listed without their memo.
  const memo = await readable(
    client,
    fields.map(([, payload]) => payload),
  ).catch(() => []);
  return {
    workflowId: info.execution?.workflowId ?? '',
    runId: info.execution?.runId ?? '',
    parent: info.parentExecution?.workflowId ?? null,
    type: info.type?.name ?? '',
    status: STATUS[info.status ?? 0] ?? 'UNSPECIFIED',
    startedAt: msOf(info.startTime) ?? 0,
    endedAt: msOf(info.closeTime),
    memo: Object.fromEntries(fields.map(([name], index) => [name, decode(memo[index])])),
    attributes: Object.fromEntries(
      Object.entries(info.searchAttributes?.indexedFields ?? {}).map(([name, payload]) => [name, decode(payload)]),
    ),
  };
}

/** The same of a description, whose data the client has read already. */
export function executionOfDescription(description: WorkflowExecutionDescription): ListedExecution {
  return {
    workflowId: description.workflowId,
    runId: description.runId,
    parent: description.parentExecution?.workflowId ?? null,
    type: description.type,
    status: description.status.name,
    startedAt: description.startTime.getTime(),
    endedAt: description.closeTime?.getTime() ?? null,
    memo: description.memo ?? {},
    attributes: Object.fromEntries(
      Object.entries(description.searchAttributes ?? {}).map(([name, values]) => [name, values?.[0]]),
    ),
  };
}
