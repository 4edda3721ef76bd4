import { type RunMemo, type RunState, SearchAttribute } from '@sluice/sdk';
import type { Client } from '@temporalio/client';
import { didYouMean } from '../config/suggest.ts';
import { UsageError } from '../errors.ts';
import { anyRun, type FoundRun, quote, type RunInfo, runOf } from './find-run.ts';
import { temporalCall } from './temporal-call.ts';
import type { TemporalTarget } from './temporal-target.ts';

export interface RunFilter {
  readonly pipeline?: string;
  /** Any of these. */
  readonly states?: readonly string[];
  /** Started then or later, epoch ms. */
  readonly since?: number;
  /** Started before then, epoch ms. */
  readonly until?: number;
  /** In the run's id or in the name of who started it; small and capital letters are the same. */
  readonly text?: string;
  /** The commit it was started from, or the beginning of it. */
  readonly commit?: string;
  readonly endpoint?: string;
}

export interface ListedRun extends FoundRun {
  readonly commit: string | null;
  readonly endpoint: string | null;
  readonly by: string | null;
}

export interface RunPage {
  readonly runs: readonly ListedRun[];
  /** There are more that fit. */
  readonly more: boolean;
}

/** States that a list shows: those of runs, and that of one which was terminated and could not say so. */
export const listedStates = [
  'running',
  'awaiting-approval',
  'blocked',
  'rolling-out',
  'deployed',
  'rolled-back',
  'rejected',
  'expired',
  'superseded',
  'done',
  'failed',
  'cancelled',
  'terminated',
] as const satisfies readonly (RunState | 'terminated')[];

/** Runs that are looked through for a text that Temporal cannot look for. */
const MOST_LOOKED_AT = 20_000;

/** Runs of pipelines: open ones first, then those that ended last; of a run that was reset, its latest execution. */
export async function listRuns(
  client: Client,
  target: TemporalTarget,
  options: RunFilter & { readonly limit: number; readonly after?: number },
): Promise<RunPage> {
  const { limit, after = 0 } = options;
  const query = queryOf(options);
  return temporalCall(target, async () => {
    const runs: ListedRun[] = [];
    const seen = new Set<string>();
    let looked = 0;
    let fitting = 0;
    // What is picked out here is looked for in many.
    const picks = options.text !== undefined || (options.states ?? []).length > 0;
    const pageSize = picks ? 1000 : Math.min(1000, limit + after + 1);
    for await (const info of client.workflow.list({ query, pageSize })) {
      if (++looked > MOST_LOOKED_AT) return { runs, more: true };
      if (seen.has(info.workflowId)) continue;
      seen.add(info.workflowId);
      const run = listed(info);
      if (!fits(run, options) || ++fitting <= after) continue;
      if (runs.length === limit) return { runs, more: true };
      runs.push(run);
    }
    return { runs, more: false };
  });
}

/** What Temporal is asked for; what it cannot tell apart, {@link fits} does. */
export function queryOf({ pipeline, states = [], since, until, commit, endpoint }: RunFilter): string {
  const parts = [anyRun];
  if (pipeline !== undefined) parts.push(`${SearchAttribute.pipeline} = ${quote(pipeline)}`);
  if (states.length > 0) {
    const list = states.map(quote).join(', ');
    // The last state that a run of these wrote may be an open one.
    parts.push(
      `(${SearchAttribute.state} IN (${list}) OR ExecutionStatus IN ('Terminated', 'Canceled', 'Failed', 'TimedOut'))`,
    );
  }
  if (since !== undefined) parts.push(`StartTime >= '${new Date(since).toISOString()}'`);
  if (until !== undefined) parts.push(`StartTime < '${new Date(until).toISOString()}'`);
  if (commit !== undefined) {
    parts.push(`${SearchAttribute.commit} ${commit.length >= 40 ? '=' : 'STARTS_WITH'} ${quote(commit.toLowerCase())}`);
  }
  if (endpoint !== undefined) parts.push(`${SearchAttribute.endpoint} = ${quote(endpoint)}`);
  return parts.join(' AND ');
}

/** @throws SluiceError `Usage` for a word that is no state */
export function checkStates(given: readonly string[]): string[] {
  const words = given.flatMap((one) => one.split(',')).map((one) => one.trim());
  for (const word of words) {
    if (listedStates.some((state) => state === word)) continue;
    throw new UsageError(
      `"${word}" is no state of a run.${didYouMean(word, listedStates)}`,
      `There is: ${listedStates.join(', ')}.`,
    );
  }
  return words;
}

function fits({ state, workflowId, by }: ListedRun, { states = [], text }: RunFilter): boolean {
  if (states.length > 0 && !states.includes(state)) return false;
  if (text === undefined) return true;
  return [workflowId, by ?? ''].some((part) => part.toLowerCase().includes(text.toLowerCase()));
}

function listed(info: RunInfo & { readonly memo?: Record<string, unknown> }): ListedRun {
  const attribute = (name: string) => info.searchAttributes?.[name]?.[0];
  const { by } = (info.memo ?? {}) as RunMemo;
  const [commit, endpoint] = [attribute(SearchAttribute.commit), attribute(SearchAttribute.endpoint)];
  return {
    ...runOf(info),
    commit: typeof commit === 'string' ? commit : null,
    endpoint: typeof endpoint === 'string' ? endpoint : null,
    by: typeof by === 'string' ? by : null,
  };
}
