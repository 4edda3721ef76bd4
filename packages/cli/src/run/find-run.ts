import { type RunState, SearchAttribute } from '@sluice/sdk';
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { RunNotFoundError } from '../errors.ts';
import { lastState } from './last-state.ts';
import { temporalCall } from './temporal-call.ts';
import type { TemporalTarget } from './temporal-target.ts';
import { anyRun } from './visibility.ts';

export interface FoundRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly pipeline: string;
  readonly state: RunState;
  /** Temporal's word: `RUNNING`, `COMPLETED`, `FAILED` … */
  readonly status: string;
  readonly start: Date;
  readonly close: Date | null;
}

/**
 * The run a person means: its workflow id, its key alone, or nothing where one run only is under way.
 *
 * @throws SluiceError `RunNotFound` with the candidates.
 */
export async function findRun(client: Client, target: TemporalTarget, name: string | undefined): Promise<FoundRun> {
  return temporalCall(target, () => (name === undefined ? onlyOpenRun(client) : namedRun(client, name)));
}

async function onlyOpenRun(client: Client): Promise<FoundRun> {
  const open = await query(client, `${anyRun} AND ExecutionStatus = 'Running'`, 20);
  if (open.length === 1 && open[0] !== undefined) return open[0];
  if (open.length > 1) throw ambiguous('More than one run is under way.', open);
  const recent = await query(client, anyRun, 5);
  throw new RunNotFoundError(
    'No run is under way.',
    recent.length === 0 ? 'Start one: sluice run PIPELINE' : `Name one: ${ids(recent)}`,
    recent.map(({ workflowId }) => workflowId),
  );
}

async function namedRun(client: Client, name: string): Promise<FoundRun> {
  const exact = await describedRun(client, name);
  if (exact !== null) return exact;
  const recent = await query(client, anyRun, 500);
  const matches = newestOf(recent.filter(({ workflowId }) => workflowId.endsWith(`/${name}`)));
  if (matches.length === 1 && matches[0] !== undefined) return matches[0];
  if (matches.length > 1) throw ambiguous(`More than one run goes by "${name}".`, matches);
  const near = newestOf(recent.filter(({ workflowId }) => workflowId.includes(name)));
  if (near.length === 1 && near[0] !== undefined && name.length >= 4) return near[0];
  if (near.length > 1) throw ambiguous(`More than one run has "${name}" in its id.`, near.slice(0, 10));
  throw new RunNotFoundError(
    `There is no run "${name}".`,
    recent.length === 0
      ? 'There are no runs at all; start one: sluice run PIPELINE'
      : `Recent runs: ${ids(recent.slice(0, 5))}`,
    recent.slice(0, 5).map(({ workflowId }) => workflowId),
  );
}

/** The latest execution of a run, by its whole id; null where there is none. */
export function runById(client: Client, target: TemporalTarget, workflowId: string): Promise<FoundRun | null> {
  return temporalCall(target, () => describedRun(client, workflowId));
}

/** Visibility lags a moment behind; a run just started is found by its id all the same. */
export async function describedRun(client: Client, workflowId: string): Promise<FoundRun | null> {
  try {
    return runOf(await client.workflow.getHandle(workflowId).describe());
  } catch (error) {
    if ((error as Error).name === 'WorkflowNotFoundError') return null;
    throw error;
  }
}

async function query(client: Client, text: string, limit: number): Promise<FoundRun[]> {
  const found: FoundRun[] = [];
  for await (const info of client.workflow.list({ query: text, pageSize: Math.min(limit, 200) })) {
    found.push(runOf(info));
    if (found.length >= limit) break;
  }
  return found;
}

export type RunInfo = Pick<
  WorkflowExecutionInfo,
  'workflowId' | 'runId' | 'type' | 'startTime' | 'searchAttributes'
> & {
  readonly status: { readonly name: string };
  readonly closeTime?: Date | undefined;
};

export function runOf(info: RunInfo): FoundRun {
  const attribute = (name: string) => info.searchAttributes?.[name]?.[0];
  const status = info.status.name;
  return {
    workflowId: info.workflowId,
    runId: info.runId,
    pipeline: String(attribute(SearchAttribute.pipeline) ?? info.type),
    state: lastState(attribute(SearchAttribute.state), status),
    status,
    start: info.startTime,
    close: info.closeTime ?? null,
  };
}

/** A reset makes another execution of the same run. */
function newestOf(runs: readonly FoundRun[]): FoundRun[] {
  const byId = new Map<string, FoundRun>();
  for (const run of runs) if (!byId.has(run.workflowId)) byId.set(run.workflowId, run);
  return [...byId.values()];
}

function ambiguous(message: string, runs: readonly FoundRun[]): RunNotFoundError {
  return new RunNotFoundError(
    message,
    `Name one: ${ids(runs)}`,
    runs.map(({ workflowId }) => workflowId),
  );
}

function ids(runs: readonly FoundRun[]): string {
  return newestOf(runs)
    .map(({ workflowId, state }) => `${workflowId} (${state})`)
    .join(', ');
}
