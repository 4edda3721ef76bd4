import { type RunMemo, SearchAttribute } from '@sluice/sdk';
import type { RunRow } from '@sluice/ui/api';
import { lastState } from '../run/last-state.ts';

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

export function rowOf(execution: Execution): RunRow {
  const { attributes } = execution;
  const memo = execution.memo as RunMemo;
  const attribute = (name: string) => textOf(attributes[name]);
  return {
    id: execution.workflowId,
    pipeline: attribute(SearchAttribute.pipeline) ?? execution.type,
    state: lastState(attributes[SearchAttribute.state], execution.status),
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
