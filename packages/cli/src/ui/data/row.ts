import { type RunMemo, type RunState, SearchAttribute } from '@sluice/sdk';
import type { RunRow } from '@sluice/ui/api';

/** What Temporal's list and its descriptions both tell of an execution. */
export interface Execution {
  readonly workflowId: string;
  readonly type: string;
  /** Temporal's word: `RUNNING`, `COMPLETED` … */
  readonly status: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly memo: Readonly<Record<string, unknown>>;
  /** First value of each search attribute. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

const OPEN: readonly string[] = ['running', 'awaiting-approval', 'blocked', 'rolling-out'] satisfies RunState[];

/** A run that was terminated or timed out could not say so itself. */
export function stateOfRun(state: unknown, status: string): RunState {
  const told = typeof state === 'string' ? (state as RunState) : 'running';
  if (!OPEN.includes(told) || status === 'RUNNING' || status === 'PAUSED' || status === 'CONTINUED_AS_NEW') return told;
  if (status === 'COMPLETED') return 'done';
  return status === 'CANCELLED' || status === 'TERMINATED' ? 'cancelled' : 'failed';
}

export function rowOf(execution: Execution): RunRow {
  const { attributes } = execution;
  const memo = execution.memo as RunMemo;
  const attribute = (name: string) => textOf(attributes[name]);
  return {
    id: execution.workflowId,
    pipeline: attribute(SearchAttribute.pipeline) ?? execution.type,
    state: stateOfRun(attributes[SearchAttribute.state], execution.status),
    startedAt: execution.startedAt,
    endedAt: execution.endedAt,
    by: textOf(memo.by),
    commit: textOf(memo.commit) ?? attribute(SearchAttribute.commit),
    dirty: memo.dirty === true,
    endpoint: attribute(SearchAttribute.endpoint),
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
