import type { RunState } from '@sluice/sdk';

/** States in which a run goes on. */
export const openStates = [
  'running',
  'awaiting-approval',
  'blocked',
  'rolling-out',
] as const satisfies readonly RunState[];

/** States in which a run has ended. */
export const endStates = [
  'deployed',
  'rolled-back',
  'rejected',
  'expired',
  'superseded',
  'done',
  'failed',
  'cancelled',
] as const satisfies readonly Exclude<RunState, (typeof openStates)[number]>[];

/** Is it one of Temporal's words for an execution that does not go on any more? */
export function isOver(status: string): boolean {
  return status !== 'RUNNING' && status !== 'PAUSED' && status !== 'CONTINUED_AS_NEW';
}

/**
 * How a run stands, by what it told last and by what Temporal says of its execution: one that was ended from outside
 * could not tell that itself.
 *
 * @param told value of the search attribute `SluiceState`, or the state of its status
 */
export function lastState(told: unknown, status: string): RunState {
  const state = typeof told === 'string' ? (told as RunState) : 'running';
  if (!openStates.some((open) => open === state) || !isOver(status)) return state;
  if (status === 'COMPLETED') return 'done';
  return status === 'CANCELLED' || status === 'TERMINATED' ? 'cancelled' : 'failed';
}
