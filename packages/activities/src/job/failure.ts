import { type AttemptProgress, describeError, ErrorCode, errorCode, type JobFailure, SluiceError } from '@sluice/sdk';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { Exit } from './process/process-group.ts';

export interface FailureFacts {
  readonly where: string;
  readonly progress: AttemptProgress | null;
  readonly exit: Exit | null;
  readonly tail: readonly string[];
}

/**
 * What leaves the activity: always an `ApplicationFailure` whose type is a stable code and that Temporal does not
 * retry by itself, because only the workflow can move work to another class. A cancellation stays one.
 */
export function jobFailure(error: unknown, facts: FailureFacts): ApplicationFailure | CancelledFailure {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  const code = stableCode(error);
  const details: JobFailure = {
    progress: facts.progress,
    exitCode: facts.exit?.code ?? null,
    signal: facts.exit?.signal ?? null,
    tail: facts.tail,
  };
  return ApplicationFailure.create({
    type: code,
    message: describeError(placed(error, facts.where)),
    nonRetryable: true,
    details: [details],
    // A Sluice error says all there is to say; of others, the stack helps.
    ...(error instanceof Error && !(error instanceof SluiceError) ? { cause: error } : {}),
  });
}

function placed(error: unknown, where: string): unknown {
  if (!(error instanceof SluiceError)) return new SluiceError(stableCode(error), describeError(error), { where });
  return new SluiceError(error.code, error.message, {
    where: error.where === undefined || error.where === where ? where : `${where}, ${error.where}`,
    ...(error.fix === undefined ? {} : { fix: error.fix }),
  });
}

/** What a full or failing machine, and a network that is down, say of themselves, whoever met them. */
const systemCodes: Readonly<Record<string, ErrorCode>> = {
  ...{ ENOSPC: ErrorCode.StorageFull, EDQUOT: ErrorCode.StorageFull },
  ...{ EIO: ErrorCode.MachineFailed, EROFS: ErrorCode.MachineFailed, ESTALE: ErrorCode.MachineFailed },
  ...{ EMFILE: ErrorCode.MachineFailed, ENFILE: ErrorCode.MachineFailed, EAGAIN: ErrorCode.MachineFailed },
  ...{ ENOMEM: ErrorCode.MachineFailed, ECONNREFUSED: ErrorCode.Unreachable, ECONNRESET: ErrorCode.Unreachable },
  ...{ EPIPE: ErrorCode.Unreachable, ETIMEDOUT: ErrorCode.Unreachable, ENOTFOUND: ErrorCode.Unreachable },
  ...{ EAI_AGAIN: ErrorCode.Unreachable, ENETUNREACH: ErrorCode.Unreachable, EHOSTUNREACH: ErrorCode.Unreachable },
};

/** The code under which an error leaves the activity. Errors are wrapped on their way, so the innermost that has a code of the system's counts. */
export function stableCode(error: unknown): string {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    if (cause instanceof SluiceError) return cause.code;
    const known = systemCodes[errorCode(cause)];
    if (known !== undefined) return known;
  }
  return ErrorCode.Internal;
}
