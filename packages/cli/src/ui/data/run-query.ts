import { type RunState, SearchAttribute } from '@sluice/sdk';
import type { RunRow } from '@sluice/ui/api';
import { UsageError } from '../../errors.ts';

export interface RunFilter {
  readonly pipeline: string | null;
  readonly state: string | null;
  /** Part of the id, of who started it, of the endpoint, or the beginning of the commit. */
  readonly text: string | null;
}

const { pipeline: PIPELINE, state: STATE } = SearchAttribute;
const OPEN: readonly string[] = ['running', 'awaiting-approval', 'blocked', 'rolling-out'] satisfies RunState[];
const CLOSED: readonly string[] = [
  'deployed',
  'rolled-back',
  'rejected',
  'expired',
  'superseded',
  'done',
  'failed',
  'cancelled',
] satisfies RunState[];

/**
 * The filter in the language of Temporal's list. A run that was ended from outside keeps the last state that it told
 * of, so how the execution ended is part of the question.
 *
 * @throws SluiceError `Usage` for a state that there is not
 */
export function visibilityQuery({ pipeline, state }: Pick<RunFilter, 'pipeline' | 'state'>): string {
  const parts = [`${PIPELINE} IS NOT NULL`];
  if (pipeline !== null) parts.push(`${PIPELINE} = ${quote(pipeline)}`);
  if (state !== null) parts.push(ofState(state));
  return parts.join(' AND ');
}

function ofState(state: string): string {
  const told = `${STATE} = ${quote(state)}`;
  if (OPEN.includes(state)) return `${told} AND ExecutionStatus = 'Running'`;
  if (!CLOSED.includes(state)) {
    throw new UsageError(`There is no state "${state.slice(0, 40)}".`, `There is: ${[...OPEN, ...CLOSED].join(', ')}.`);
  }
  const ended = { cancelled: "'Terminated', 'Canceled'", failed: "'Failed', 'TimedOut'", done: "'Completed'" }[state];
  if (ended === undefined) return told;
  const silent = OPEN.map((open) => `${STATE} = ${quote(open)}`).join(' OR ');
  return `(${told} OR (ExecutionStatus IN (${ended}) AND (${silent})))`;
}

/** Does the row have the text in it, in whatever case? */
export function hasText(row: RunRow, text: string): boolean {
  const wanted = text.toLowerCase();
  const has = (value: string | null) => value?.toLowerCase().includes(wanted) === true;
  return has(row.id) || has(row.by) || has(row.endpoint) || row.commit?.startsWith(wanted) === true;
}

function quote(text: string): string {
  return `'${text.replace(/\\/g, '\\\\').replace(/'/g, "''")}'`;
}
