import {
  type AttemptEnd,
  type AttemptProgress,
  type AttemptRecord,
  type Budgets,
  type ClassSettings,
  ErrorCode,
} from '@sluice/sdk';

/** Counts of a job so far. */
export interface Spent {
  readonly errors: number;
  readonly preemptions: number;
}

export const nothingSpent: Spent = { errors: 0, preemptions: 0 };

/** What follows an attempt that did not finish. */
export type Next =
  | { readonly kind: 'again'; readonly spent: Spent; readonly wait: number }
  | { readonly kind: 'stop'; readonly spent: Spent; readonly why: string };

/** Codes that trying again unchanged cannot mend. */
const hopeless: ReadonlySet<string> = new Set([
  ErrorCode.OutOfMemory,
  ErrorCode.InvalidStep,
  ErrorCode.InvalidConfig,
  ErrorCode.ProtocolError,
  ErrorCode.NoModel,
  ErrorCode.ResumeMismatch,
  ErrorCode.CheckpointsUnreadable,
  ErrorCode.CommandNotFound,
  ErrorCode.NotFound,
  ErrorCode.Fenced,
]);

/** How a failure code reads in the record. */
export function endOf(code: string): AttemptEnd {
  switch (code) {
    case ErrorCode.Preempted:
      return 'preempted';
    case ErrorCode.WorkerLost:
      return 'worker-lost';
    case ErrorCode.OutOfMemory:
      return 'out-of-memory';
    case ErrorCode.TrainerStalled:
      return 'stalled';
    case ErrorCode.BudgetSpent:
      return 'timeout';
    case ErrorCode.Fenced:
      return 'fenced';
    default:
      return 'failed';
  }
}

/** Two budgets that never mix: a preemption costs nothing of the errors', an error nothing of the preemptions'. */
export function afterFailure(code: string, spent: Spent, budgets: Budgets): Next {
  if (code === ErrorCode.Preempted || code === ErrorCode.WorkerLost) {
    const preemptions = spent.preemptions + 1;
    const next = { ...spent, preemptions };
    return preemptions > budgets.preemptions
      ? { kind: 'stop', spent: next, why: `preempted ${preemptions} times, and the budget is ${budgets.preemptions}` }
      : { kind: 'again', spent: next, wait: 0 };
  }
  if (hopeless.has(code)) return { kind: 'stop', spent, why: 'trying again unchanged cannot help' };
  const errors = spent.errors + 1;
  const next = { ...spent, errors };
  return errors > budgets.errors
    ? { kind: 'stop', spent: next, why: `failed ${errors} times, and the budget is ${budgets.errors} further attempts` }
    : { kind: 'again', spent: next, wait: Math.min(1_000 * 2 ** (errors - 1), 60_000) };
}

/** The class of the next attempt: the one asked for, until preemptions have moved the work to its fallback. */
export function classFor(
  asked: string,
  spent: Spent,
  budgets: Budgets,
  classes: Readonly<Record<string, ClassSettings>>,
): string {
  const fallback = classes[asked]?.fallback ?? null;
  const moved = budgets.onDemandAfter !== null && spent.preemptions >= budgets.onDemandAfter;
  return moved && fallback !== null ? fallback : asked;
}

/** The record of an attempt that did not finish: what it did, and what of that is lost. */
export function unfinished(
  base: Pick<AttemptRecord, 'attempt' | 'class' | 'gpus' | 'price' | 'start' | 'end'>,
  code: string,
  message: string,
  progress: AttemptProgress | null,
): AttemptRecord {
  const kept = progress?.checkpoint ?? progress?.resumedFrom ?? null;
  const keptAt = progress?.checkpointAt ?? progress?.startedAt ?? base.start;
  // A worker that vanished is noticed late; what it did, and cost, ends with its last sign of life.
  const ended = code === ErrorCode.WorkerLost && progress !== null ? progress.at : base.end;
  return {
    ...base,
    machine: progress?.machine ?? null,
    ended: endOf(code),
    code,
    message,
    resumedFrom: progress?.resumedFrom ?? null,
    lastStep: progress?.step ?? null,
    checkpoint: kept,
    stepsLost: progress?.step == null ? 0 : Math.max(0, progress.step - (kept ?? 0)),
    secondsLost: progress === null ? 0 : Math.max(0, (ended - keptAt) / 1000),
    seconds: Math.max(0, (ended - base.start) / 1000),
  };
}
