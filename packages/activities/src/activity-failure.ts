import { describeError, ErrorCode, SluiceError } from '@sluice/sdk';
import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { stableCode } from './system-errors.ts';

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
  const type = stableCode(error);
  return ApplicationFailure.create({
    type,
    message: describeError(error),
    // A full disk, or a server that is away, is waited out, whoever met it.
    nonRetryable: known ? error.permanent : type === ErrorCode.Internal && attempt >= UNKNOWN_ERRORS,
    details: known && error.data !== undefined ? [error.data] : [],
    ...(error instanceof Error ? { cause: error } : {}),
  });
}
