import { describeError, ErrorCode, errorCode, SluiceError } from '@sluice/sdk';
import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';

/** Times an error that nobody has a name for is tried again before it fails the step. */
const UNKNOWN_ERRORS = 5;

type Activity = (input: never) => Promise<unknown>;

/**
 * Wraps an activity so that what it throws crosses to the workflow with a stable type: a {@link SluiceError} under its
 * code, retried by Temporal unless it is permanent; anything else as `Internal`, retried a few times.
 */
export function withStableFailures<F extends Activity>(activity: F): F {
  return (async (input: never) => {
    try {
      return await activity(input);
    } catch (error) {
      throw activityFailure(error, attemptNow());
    }
  }) as F;
}

/** Outside of Temporal there is one attempt. */
function attemptNow(): number {
  try {
    return activityInfo().attempt;
  } catch {
    return 1;
  }
}

export function activityFailure(error: unknown, attempt: number): unknown {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  const known = error instanceof SluiceError;
  return ApplicationFailure.create({
    type: known ? errorCode(error) : ErrorCode.Internal,
    message: describeError(error),
    nonRetryable: known ? error.permanent : attempt >= UNKNOWN_ERRORS,
    details: known && error.data !== undefined ? [error.data] : [],
    ...(error instanceof Error ? { cause: error } : {}),
  });
}
