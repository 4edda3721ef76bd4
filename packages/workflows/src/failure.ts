import { describeError, ErrorCode, type Failure, SluiceError } from '@sluice/sdk';
import { ApplicationFailureCategory } from '@temporalio/common';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  ContinueAsNew,
  isCancellation,
  rootCause,
  TemporalFailure,
  TimeoutFailure,
} from '@temporalio/workflow';
import { atPlace } from './place.ts';

/**
 * What a pipeline's code sees when a step fails: a {@link SluiceError} with the activity's code, the same class that
 * the local runner throws. Cancellation passes through untouched.
 */
export function stepError(step: string, error: unknown): unknown {
  if (isCancellation(error) || error instanceof SluiceError) return error;
  const cause = applicationFailure(error);
  if (cause !== null) {
    return new SluiceError(cause.type ?? ErrorCode.Internal, `${step}: ${cause.message}`, {
      where: step,
      data: cause.details?.[0],
      cause: error,
    });
  }
  const timeout = timeoutFailure(error);
  const what = timeout === null ? rootCause(error) : `timed out (${timeout.timeoutType})`;
  return new SluiceError(timeout === null ? ErrorCode.Internal : ErrorCode.BudgetSpent, `${step}: ${what}`, {
    where: step,
    cause: error,
  });
}

/** The application failure inside an activity's or child's failure; null when it failed otherwise. */
export function applicationFailure(error: unknown): ApplicationFailure | null {
  if (error instanceof ApplicationFailure) return error;
  if (error instanceof ActivityFailure || error instanceof ChildWorkflowFailure) return applicationFailure(error.cause);
  return null;
}

/** The time-out inside an activity's failure; null when it failed otherwise. */
export function timeoutFailure(error: unknown): TimeoutFailure | null {
  if (error instanceof TimeoutFailure) return error;
  return error instanceof ActivityFailure ? timeoutFailure(error.cause) : null;
}

/** Characters of a run's failure, and of what stands beside them as JSON: Temporal terminates a run whose failure is too big. */
const MOST_WORDS = 10_000;
const MOST_DATA = 1_000_000;

/**
 * What Temporal sees when a pipeline throws: always a failure of the workflow with a stable type, because any other
 * error would retry the workflow task for ever.
 */
export function runFailure(error: unknown): unknown {
  if (error instanceof ContinueAsNew || error instanceof CancelledFailure || isCancellation(error)) return error;
  if (error instanceof ApplicationFailure) {
    if (error.message.length <= MOST_WORDS) return error;
    const { type, details, category } = error;
    const kept = { details: details ?? [], ...(type ? { type } : {}), ...(category ? { category } : {}) };
    return ApplicationFailure.create({ ...kept, message: clip(error.message, MOST_WORDS), nonRetryable: true });
  }
  if (error instanceof SluiceError) {
    return ApplicationFailure.create({
      type: error.code,
      message: clip(describeError(error), MOST_WORDS),
      nonRetryable: true,
      details: error.data !== undefined && isSendable(error.data) ? [error.data] : [],
      // Somebody said no, or nobody said yes: nothing to raise an alarm for.
      ...(error.code === ErrorCode.NotDeployed ? { category: ApplicationFailureCategory.BENIGN } : {}),
    });
  }
  const message = thrownText(error);
  return ApplicationFailure.create({
    type: error instanceof Error ? error.name : 'Error',
    message: clip(message, MOST_WORDS),
    nonRetryable: true,
    // Its stack begins with the whole message.
    ...(error instanceof Error && message.length <= MOST_WORDS ? { cause: error } : {}),
  });
}

function isSendable(data: unknown): boolean {
  try {
    return (JSON.stringify(data) ?? '').length <= MOST_DATA;
  } catch {
    return false; // it is no JSON
  }
}

/** A failure as plain data, as `map` lists it; bounded, because there may be as many as there are keys. */
export function failureOf(error: unknown): Failure {
  if (error instanceof SluiceError) return { code: error.code, message: clip(error.message) };
  const application = applicationFailure(error);
  if (application !== null) {
    return { code: application.type ?? ErrorCode.Internal, message: clip(application.message) };
  }
  if (error instanceof Error && !(error instanceof TemporalFailure)) {
    return { code: error.name, message: clip(thrownText(error)) };
  }
  return { code: ErrorCode.Internal, message: clip(rootCause(error) ?? String(error)) };
}

/** What a pipeline's own code threw, and in which of its lines. */
function thrownText(error: unknown): string {
  return error instanceof Error ? `${error.message}${atPlace(error)}` : String(error);
}

function clip(message: string, most = 1_000): string {
  return message.length > most ? `${message.slice(0, most - 1)}…` : message;
}
