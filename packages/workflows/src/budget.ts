import {
  type AttemptEnd,
  type AttemptProgress,
  type AttemptRecord,
  type Budgets,
  type ClassSettings,
  ErrorCode,
  isInfrastructure,
} from '@sluice/sdk';
import { endedAt } from './ended-at.ts';

/** Counts of a job so far. */
export interface Spent {
  readonly errors: number;
  readonly preemptions: number;
  /** Failures of the infrastructure in a row, without a training step between them. No budget bounds them. */
  readonly outages: number;
  /** Workers lost in a row, without a training step between them. */
  readonly lost: number;
}

export const nothingSpent: Spent = { errors: 0, preemptions: 0, outages: 0, lost: 0 };

/** An attempt that did not finish, as far as budgets care. */
export interface FailedAttempt {
  readonly code: string;
  /** It ran on a class whose machines may be taken away. */
  readonly interruptible: boolean;
  /** It came further than every attempt before it. */
  readonly advanced: boolean;
  /** What is left of the deadline over all attempts, ms; null without one. */
  readonly left: number | null;
}

/** What follows an attempt that did not finish. `wait` is in ms, and ends with the deadline at the latest. */
export type Next =
  | { readonly kind: 'again'; readonly spent: Spent; readonly wait: number }
  | { readonly kind: 'stop'; readonly spent: Spent; readonly why: string };

/** Longest waits, ms. An outage may last for days, and each try is some lines of history. */
const LONGEST_ERROR_WAIT = 60_000;
const LONGEST_OUTAGE_WAIT = 300_000;
/** Workers that a class of its own may lose in a row, without a step between them. */
export const LOST_IN_A_ROW = 5;

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
  if (isInfrastructure(code)) return 'infrastructure';
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

/**
 * Two budgets that never mix, and what spends neither: a preemption costs nothing of the errors', an error nothing of
 * the preemptions', and a failure of the infrastructure is waited out, until the deadline if there is one.
 */
export function afterFailure(failed: FailedAttempt, before: Spent, budgets: Budgets): Next {
  const { code } = failed;
  if (isInfrastructure(code)) {
    const outages = (failed.advanced ? 0 : before.outages) + 1;
    return again({ ...before, outages, lost: 0 }, growing(outages, LONGEST_OUTAGE_WAIT), failed.left);
  }
  if (hopeless.has(code)) return { kind: 'stop', spent: before, why: 'trying again unchanged cannot help' };
  const spent = { ...before, outages: 0 };
  if (code === ErrorCode.Preempted || code === ErrorCode.WorkerLost) return afterPreemption(failed, spent, budgets);
  const errors = spent.errors + 1;
  const next = { ...spent, errors, lost: 0 };
  return errors > budgets.errors
    ? { kind: 'stop', spent: next, why: `failed ${errors} times, and the budget is ${budgets.errors} further attempts` }
    : again(next, growing(errors, LONGEST_ERROR_WAIT), failed.left);
}

/** Where machines are taken away, work is moved at once. Where none is, a lost worker is odd, and a job may be what kills them. */
function afterPreemption(
  { code, interruptible, advanced, left }: FailedAttempt,
  before: Spent,
  budgets: Budgets,
): Next {
  const preemptions = before.preemptions + 1;
  const odd = code === ErrorCode.WorkerLost && !interruptible;
  const lost = odd ? (advanced ? 0 : before.lost) + 1 : 0;
  const spent = { ...before, preemptions, lost };
  if (preemptions > budgets.preemptions) {
    return { kind: 'stop', spent, why: `preempted ${preemptions} times, and the budget is ${budgets.preemptions}` };
  }
  if (lost > LOST_IN_A_ROW) {
    const why = `its worker was lost ${lost} times in a row without a step between, on a class that is not interruptible`;
    return { kind: 'stop', spent, why };
  }
  return again(spent, odd ? growing(lost, LONGEST_ERROR_WAIT) : 0, left);
}

function again(spent: Spent, wait: number, left: number | null): Next {
  return { kind: 'again', spent, wait: left === null ? wait : Math.max(0, Math.min(wait, left)) };
}

/** 1 s, 2 s, 4 s, … */
function growing(nth: number, longest: number): number {
  return Math.min(1_000 * 2 ** (nth - 1), longest);
}

/** The class of the next attempt: the one asked for, until preemptions have moved the work to its fallback. */
export function classFor(
  asked: string,
  spent: Pick<Spent, 'preemptions'>,
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
  const { end, seconds } = endedAt(base.start, base.end, progress);
  return {
    ...base,
    end: code === ErrorCode.WorkerLost ? base.end : end,
    machine: progress?.machine ?? null,
    ended: endOf(code),
    code,
    message,
    resumedFrom: progress?.resumedFrom ?? null,
    lastStep: progress?.step ?? null,
    checkpoint: kept,
    stepsLost: progress?.step == null ? 0 : Math.max(0, progress.step - (kept ?? 0)),
    secondsLost: progress === null ? 0 : Math.max(0, (progress.at - keptAt) / 1000),
    seconds,
  };
}

/** The record of an attempt that was called off. The run does not wait for its end, so nobody says what it did, or whether it had begun. */
export function cancelled(
  base: Pick<AttemptRecord, 'attempt' | 'class' | 'gpus' | 'price' | 'start' | 'end'>,
): AttemptRecord {
  return {
    ...base,
    machine: null,
    ended: 'cancelled',
    code: null,
    message: null,
    resumedFrom: null,
    lastStep: null,
    checkpoint: null,
    stepsLost: 0,
    secondsLost: 0,
    seconds: 0,
  };
}

/**
 * Tries that failed in a row for the same outage and lost no step are one line of the record: an outage of days is
 * hundreds of them.
 *
 * @returns null when they are two things
 */
export function sameOutage(former: AttemptRecord | undefined, next: AttemptRecord): AttemptRecord | null {
  if (former?.ended !== 'infrastructure' || next.ended !== 'infrastructure') return null;
  if (former.code !== next.code || former.class !== next.class || former.stepsLost + next.stepsLost > 0) return null;
  const { seconds, secondsLost } = former;
  return { ...next, start: former.start, seconds: seconds + next.seconds, secondsLost: secondsLost + next.secondsLost };
}
