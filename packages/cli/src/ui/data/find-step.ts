import { inParallel } from '@sluice/activities/store';
import { encodeKey, Query, type RunStatus, type StatusPage, type StepStatus } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import { NoWorker } from '../../follow/look.ts';
import { type ExecutionId, startedWith } from '../../records/history.ts';
import { isUnreachable } from '../../run/temporal-call.ts';
import { partsOf } from './parts.ts';

/** Steps that are asked for at a time. */
const PAGE = 300;
/** Parts whose beginning is read at a time. */
const AT_ONCE = 8;
/** Pages that are read at most. */
const PAGES = 200;

export interface FoundStep {
  readonly status: StepStatus | null;
  /** Whose history has its work: the run's own, or that of the child which did its part of a large map. */
  readonly owner: ExecutionId;
}

/**
 * How a step stands, on whichever page of the run's status it is, or of its parts'.
 *
 * @throws NoWorker
 */
export async function findStep(client: Client, execution: ExecutionId, step: string): Promise<FoundStep> {
  const own = await findIn(client, execution, step);
  // Keys of a large map are done by children, which say themselves how their steps stand.
  if (own !== null || !step.includes('/')) return { status: own, owner: execution };
  const parts = await partsOf(client, execution.workflowId);
  // A worker has to play a part's whole history to answer, so only the one that was handed the step's key is asked.
  const handed = await inParallel(parts, AT_ONCE, (part) => isHanded(client, part, step));
  for (const [i, part] of parts.entries()) {
    const status = handed[i] ? await findIn(client, part, step) : null;
    if (status !== null) return { status, owner: part };
  }
  return { status: null, owner: execution };
}

/** What of a part's second argument says which keys are its. */
interface Handed {
  readonly mapPath: string;
  readonly keys: readonly string[];
}

/** Is the step one of a key that the part was started with? */
async function isHanded(client: Client, part: ExecutionId, step: string): Promise<boolean> {
  const { mapPath, keys = [] } = ((await startedWith(client, part, 1)) ?? {}) as Partial<Handed>;
  return keys.some((key) => step.startsWith(`${mapPath}=${encodeKey(key)}/`));
}

/** Asks for the step alone; code of a run from before that could be asked answers with pages. */
async function findIn(client: Client, execution: ExecutionId, step: string): Promise<StepStatus | null> {
  let after: number | null = 0;
  for (let page = 0; after !== null && page < PAGES; page += 1) {
    const status: RunStatus = await statusPage(client, execution, { after, limit: PAGE, step });
    const found = status.steps.find((one) => one.step === step);
    if (found !== undefined) return found;
    after = status.next ?? null;
  }
  return null;
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
