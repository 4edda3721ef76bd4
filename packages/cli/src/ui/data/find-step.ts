import { Query, type RunStatus, type StatusPage, type StepStatus } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import { NoWorker } from '../../follow/look.ts';
import { isUnreachable } from '../../run/temporal-call.ts';
import type { ExecutionId } from './history.ts';

/** Steps that are asked for at a time. */
const PAGE = 300;
/** Pages that are read at most. */
const PAGES = 200;

export interface FoundStep {
  readonly status: StepStatus | null;
  /** Whose history has its work: the run's own, or that of the child which did its part of a large map. */
  readonly owner: ExecutionId;
}

/** How a step stands, on whichever page of the run's status it is. @throws NoWorker */
export async function findStep(client: Client, execution: ExecutionId, step: string): Promise<FoundStep> {
  const { workflowId, runId } = execution;
  let after: number | null = 0;
  for (let page = 0; after !== null && page < PAGES; page += 1) {
    const status: RunStatus = await statusPage(client, { workflowId, runId }, { after, limit: PAGE });
    const found = status.steps.find((one) => one.step === step);
    if (found !== undefined) return { status: found, owner: { workflowId, runId } };
    after = status.next ?? null;
  }
  return { status: null, owner: { workflowId, runId } };
}

/** @throws NoWorker */
export async function statusPage(
  client: Client,
  { workflowId, runId }: ExecutionId,
  page: StatusPage,
): Promise<RunStatus> {
  try {
    return await client.workflow.getHandle(workflowId, runId).query<RunStatus, [StatusPage]>(Query.status, page);
  } catch (error) {
    const { code } = (error as { cause?: { code?: number } }).cause ?? {};
    if (isUnreachable(error) && code !== 14) throw new NoWorker(null, error);
    throw error;
  }
}
