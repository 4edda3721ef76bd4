import {
  type AttemptProgress,
  type AttemptRecord,
  ErrorCode,
  type JobFailure,
  type JobOutcome,
  type JobSpec,
  type Model,
  type Pause,
  SluiceError,
  type StepOutput,
  type StepRef,
} from '@sluice/sdk';
import { isCancellation, sleep } from '@temporalio/workflow';
import { long } from './activities.ts';
import { afterFailure, cancelled, classFor, type Next, nothingSpent, type Spent, unfinished } from './budget.ts';
import { correctedRecord } from './corrected-record.ts';
import { endedAt } from './ended-at.ts';
import { applicationFailure, timeoutFailure } from './failure.ts';
import type { RunState } from './run-state.ts';

/** A job without `maxRuntime` may train for as long as its worker says that it lives, ms. */
const FOREVER = 10 * 365 * 86_400_000;
/** The attempt's own watch ends it after `maxRuntime`, with a last checkpoint; Temporal only where that does not happen, ms. */
const LAST_WORDS = 60_000;

/**
 * Runs a job until it is done or a budget is spent. The loop is here and not in a retry policy, because only a
 * workflow can move the work to another task queue and keep two budgets apart.
 */
export async function jobStep(run: RunState, ref: StepRef, spec: JobSpec): Promise<Model | StepOutput> {
  const parentRunId = spec.kind === 'step' ? null : await run.mlflowRun();
  const asked = run.resourceClass(spec);
  const began = Date.now();
  let spent: Spent = nothingSpent;
  let former: AttemptRecord | null = null;
  let pause: Pause | null = null;
  /** The furthest training step of any attempt. */
  let furthest = 0;
  const note = (record: AttemptRecord, progress: AttemptProgress | null): void => {
    if (former !== null) run.journal.correctAttempt(ref.step, correctedRecord(former, progress));
    const kept = run.journal.addAttempt(ref.step, record);
    // One that never started its trainer has neither done nor lost anything.
    if (progress !== null && progress.restoreMs !== null) former = kept;
  };
  for (let attempt = 1; ; attempt++) {
    const name = classFor(asked, spent, spec.budgets, run.settings.classes);
    const settings = run.settings.classes[name];
    if (settings === undefined) throw run.unknownClass(name, ref.step);
    const order = Date.now();
    const base = { attempt, class: name, gpus: settings.gpus, price: settings.price, start: order };
    try {
      const left = remaining(spec, began, order);
      if (left !== null && left <= 0) throw deadlinePassed(spec, ref.step, pause);
      const activity = long({ step: ref.step, kind: spec.kind, attempt }, settings.taskQueue, {
        heartbeatTimeout: spec.heartbeat,
        startToCloseTimeout: spec.budgets.maxRuntime === null ? FOREVER : spec.budgets.maxRuntime + LAST_WORDS,
        ...(spec.budgets.maxQueued === null ? {} : { scheduleToStartTimeout: spec.budgets.maxQueued }),
        ...(left === null ? {} : { scheduleToCloseTimeout: left }),
        ...spec.temporal,
        retry: { maximumAttempts: 1 },
      });
      const outcome: JobOutcome = await activity[spec.kind]({
        ref,
        spec,
        attempt,
        order,
        class: name,
        gpus: settings.gpus,
        interruptible: settings.interruptible,
        parentRunId,
      });
      note(finished({ ...base, end: Date.now() }, outcome.progress), outcome.progress);
      return outcome.result;
    } catch (error) {
      if (isCancellation(error)) {
        note(cancelled({ ...base, end: Date.now() }), null);
        throw error;
      }
      const failure = classify(error, spec);
      if (failure === null) throw error;
      const progress = failure.details?.progress ?? null;
      note(unfinished({ ...base, end: Date.now() }, failure.code, failure.message, progress), progress);
      if (failure.deadline === true) throw deadlinePassed(spec, ref.step, pause);
      const now = Date.now();
      const advanced = (progress?.step ?? 0) > furthest;
      furthest = Math.max(furthest, progress?.step ?? 0);
      const left = remaining(spec, began, now);
      const failed = { code: failure.code, interruptible: settings.interruptible, advanced, left };
      const next = afterFailure(failed, spent, spec.budgets);
      spent = next.spent;
      if (next.kind === 'stop') {
        throw new SluiceError(failure.code, `${ref.step}: ${failure.message} (${next.why})`, {
          where: ref.step,
          data: failure.details,
          cause: error,
        });
      }
      pause = pauseAfter(failure, next, pause, now);
      if (next.wait > 0) await waitOut(run, ref.step, pause);
    }
  }
}

/** An outage goes on from the first of its failures in a row; any other pause is its own. */
function pauseAfter({ code, message }: Classified, next: Next & { kind: 'again' }, former: Pause | null, now: number) {
  const since = next.spent.outages > 1 && former !== null ? former.since : now;
  return { code, message, since, until: now + next.wait };
}

/** Waits where everybody can see it. */
async function waitOut(run: RunState, step: string, pause: Pause): Promise<void> {
  run.journal.pause(step, { ...pause, message: pause.message.slice(0, 500) });
  try {
    await sleep(Math.max(1, pause.until - Date.now()));
  } finally {
    run.journal.pause(step, null);
  }
}

/** Milliseconds left of the deadline over all attempts; null where there is none. */
function remaining({ budgets }: JobSpec, began: number, now: number): number | null {
  return budgets.deadline === null ? null : budgets.deadline - (now - began);
}

function deadlinePassed(spec: JobSpec, step: string, last: Pause | null): SluiceError {
  const failed = last === null ? '' : ` What failed last: ${last.message} [${last.code}]`;
  return new SluiceError(
    ErrorCode.BudgetSpent,
    `${step}: the deadline of ${(spec.budgets.deadline ?? 0) / 1000} s over all attempts has passed.${failed}`,
    {
      where: step,
      fix: 'Give it a longer deadline, or an on-demand class earlier (preempt.onDemandAfter).',
    },
  );
}

interface Classified {
  readonly code: string;
  readonly message: string;
  readonly details: JobFailure | undefined;
  /** The deadline over all attempts ended it, and nothing that the attempt did. */
  readonly deadline?: boolean;
}

/** Tells failures apart by type, never by message; null for what is not a failure of the attempt. */
function classify(error: unknown, spec: JobSpec): Classified | null {
  if (error instanceof SluiceError) return null;
  const timeout = timeoutFailure(error);
  if (timeout !== null) {
    const progress = timeout.lastHeartbeatDetails as AttemptProgress | undefined;
    const details: JobFailure = { progress: progress ?? null, exitCode: null, signal: null, tail: [] };
    switch (timeout.timeoutType) {
      case 'HEARTBEAT':
        return {
          code: ErrorCode.WorkerLost,
          message: `no heartbeat for ${spec.heartbeat / 1000} s: the worker is gone`,
          details,
        };
      case 'SCHEDULE_TO_START':
        return { code: ErrorCode.BudgetSpent, message: 'no worker took it within maxQueued', details };
      case 'START_TO_CLOSE':
        return { code: ErrorCode.BudgetSpent, message: 'it ran longer than maxRuntime', details };
      default:
        return {
          code: ErrorCode.BudgetSpent,
          message: 'the deadline over all attempts has passed',
          details,
          deadline: spec.budgets.deadline !== null,
        };
    }
  }
  const failure = applicationFailure(error);
  if (failure === null) return null;
  return {
    code: failure.type ?? ErrorCode.Internal,
    message: failure.message,
    details: failure.details?.[0] as JobFailure | undefined,
  };
}

function finished(
  base: Pick<AttemptRecord, 'attempt' | 'class' | 'gpus' | 'price' | 'start' | 'end'>,
  progress: AttemptProgress,
): AttemptRecord {
  return {
    ...base,
    machine: progress.machine,
    ended: 'done',
    code: null,
    message: null,
    resumedFrom: progress.resumedFrom,
    lastStep: progress.step,
    checkpoint: progress.checkpoint,
    stepsLost: 0,
    secondsLost: 0,
    ...endedAt(base.start, base.end, progress),
  };
}
