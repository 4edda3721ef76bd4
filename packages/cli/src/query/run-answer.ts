import type { Json, RunStatus, Spent, StepStatus } from '@sluice/sdk';
import { Query, type StatusPage } from '@sluice/sdk';
import type { RunRow } from '@sluice/ui/api';
import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { costOf } from '../follow/format.ts';
import { failureOf } from '../follow/look.ts';
import type { RunFailure } from '../follow/snapshot.ts';
import { executionOfDescription } from '../records/executions.ts';
import { startedWith } from '../records/history.ts';
import { rowOf } from '../records/row.ts';

/** How long a worker may take to tell how a run stands, ms: without it the history tells the most. */
const PATIENCE = 8000;

export interface RunAnswer extends RunRow {
  readonly params: Json;
  /** What the pipeline returned; null while it runs and where it did not. */
  readonly result: Json;
  readonly failure: RunFailure | null;
  /** Machine time in seconds, and what it cost; null where no worker told. `amount` is null where a price is unknown. */
  readonly cost: {
    readonly seconds: number;
    readonly secondsLost: number;
    readonly amount: number | null;
    readonly lost: number | null;
    readonly currency: string | null;
  } | null;
  readonly decisions: RunStatus['decisions'];
  readonly links: RunStatus['links'];
}

export async function runAnswer(client: Client, workflowId: string): Promise<RunAnswer> {
  const description = await client.workflow.getHandle(workflowId).describe();
  const [params, end, status] = await Promise.all([
    startedWith(client, description),
    endOf(client, description),
    statusOf(client, description, { limit: 1 }),
  ]);
  const row = rowOf(executionOfDescription(description));
  return {
    ...row,
    ...(status === null ? {} : { state: stateOf(row, status) }),
    params: (params ?? null) as Json,
    ...end,
    cost: status === null ? null : totalOf(status.spent ?? status.steps.flatMap(({ attempts }) => attempts)),
    decisions: status?.decisions ?? [],
    links: status?.links ?? {},
  };
}

/** The state in Temporal's index lags a moment behind that of the run itself. */
function stateOf(row: RunRow, { state }: RunStatus): RunRow['state'] {
  return row.endedAt === null ? state : row.state;
}

/** What the run itself says; null when no worker answers in time. */
export async function statusOf(
  client: Client,
  { workflowId, runId }: { readonly workflowId: string; readonly runId: string },
  page: StatusPage,
): Promise<RunStatus | null> {
  const handle = client.workflow.getHandle(workflowId, runId);
  return client
    .withDeadline(Date.now() + PATIENCE, () => handle.query<RunStatus, [StatusPage]>(Query.status, page))
    .catch(() => null);
}

/** How every step stands, page by page; null when no worker answers. */
export async function stepStatuses(
  client: Client,
  run: { readonly workflowId: string; readonly runId: string },
): Promise<StepStatus[] | null> {
  const steps = new Map<string, StepStatus>();
  for (let after: number | null = 0; after !== null; ) {
    const status: RunStatus | null = await statusOf(client, run, { after });
    if (status === null) return null;
    for (const step of status.steps) steps.set(step.step, step);
    after = status.next ?? null;
  }
  return [...steps.values()].sort((a, b) => a.start - b.start);
}

async function endOf(
  client: Client,
  description: WorkflowExecutionDescription,
): Promise<Pick<RunAnswer, 'result' | 'failure'>> {
  if (description.closeTime === undefined) return { result: null, failure: null };
  const { workflowId, runId } = description;
  try {
    const result: unknown = await client.workflow.getHandle(workflowId, runId, { followRuns: false }).result();
    return { result: (result as Json | undefined) ?? null, failure: null };
  } catch (error) {
    if ((error as Error).name !== 'WorkflowFailedError') throw error;
    return { result: null, failure: failureOf((error as Error).cause) };
  }
}

function totalOf(spent: readonly Spent[]): RunAnswer['cost'] {
  const cost = costOf(spent);
  return {
    seconds: spent.reduce((sum, { seconds }) => sum + seconds, 0),
    secondsLost: spent.reduce((sum, { secondsLost }) => sum + secondsLost, 0),
    amount: cost?.amount ?? null,
    lost: cost?.lost ?? null,
    currency: cost?.currency ?? null,
  };
}
