import { type RunMemo, type RunState, SearchAttribute } from '@sluice/sdk';
import type { RunRow } from '@sluice/ui/api';
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { UsageError } from '../errors.ts';
import { lastState } from '../follow/look.ts';

export interface RunFilter {
  readonly pipeline?: string;
  readonly state?: string;
  /** Part of the id. */
  readonly text?: string;
  readonly limit: number;
}

const states: readonly RunState[] = [
  ...(['running', 'awaiting-approval', 'blocked', 'rolling-out', 'deployed', 'rolled-back'] as const),
  ...(['rejected', 'expired', 'superseded', 'done', 'failed', 'cancelled'] as const),
];

/** Runs, newest first; of a run that was reset, its latest execution. @throws SluiceError `Usage` */
export async function listRows(client: Client, filter: RunFilter): Promise<RunRow[]> {
  const rows = new Map<string, RunRow>();
  const seen = new Set<string>();
  for await (const info of client.workflow.list({ query: queryOf(filter), pageSize: Math.min(filter.limit, 200) })) {
    if (seen.has(info.workflowId)) continue;
    seen.add(info.workflowId);
    const row = rowOf(info);
    if (filter.state !== undefined && row.state !== filter.state) continue;
    if (filter.text !== undefined && !row.id.includes(filter.text)) continue;
    rows.set(row.id, row);
    if (rows.size >= filter.limit) break;
  }
  return [...rows.values()];
}

/** Runs that ended without a word of their own still say that they are running; the rest of `state` is seen by row. */
export function queryOf({ pipeline, state }: Pick<RunFilter, 'pipeline' | 'state'>): string {
  const name = SearchAttribute.pipeline;
  const parts = [pipeline === undefined ? `${name} IS NOT NULL` : `${name} = ${quoted(pipeline)}`];
  if (state !== undefined && !states.includes(state as RunState)) {
    throw new UsageError(`There is no state "${state}".`, `A run is one of: ${states.join(', ')}.`);
  }
  if (state !== undefined && state !== 'failed' && state !== 'cancelled') {
    parts.push(`${SearchAttribute.state} = '${state}'`);
  }
  return parts.join(' AND ');
}

/** What Temporal says of a run without asking a worker. */
export function rowOf(
  info: Pick<WorkflowExecutionInfo, 'workflowId' | 'type' | 'startTime' | 'memo' | 'searchAttributes'> & {
    readonly status: { readonly name: string };
    readonly closeTime?: Date | undefined;
  },
): RunRow {
  const attribute = (name: string): string | null => {
    const value = info.searchAttributes?.[name]?.[0];
    return typeof value === 'string' ? value : null;
  };
  const memo = (info.memo ?? {}) as RunMemo;
  return {
    id: info.workflowId,
    pipeline: attribute(SearchAttribute.pipeline) ?? info.type,
    state: lastState((attribute(SearchAttribute.state) ?? 'running') as RunState, info.status.name),
    startedAt: info.startTime.getTime(),
    endedAt: info.closeTime?.getTime() ?? null,
    by: memo.by ?? null,
    commit: memo.commit ?? attribute(SearchAttribute.commit),
    dirty: memo.dirty ?? false,
    endpoint: attribute(SearchAttribute.endpoint),
  };
}

function quoted(text: string): string {
  return `'${text.replace(/'/g, "''")}'`;
}
