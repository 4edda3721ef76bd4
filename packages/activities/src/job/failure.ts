import { type AttemptProgress, describeError, type JobFailure, SluiceError } from '@sluice/sdk';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { stableCode } from '../system-errors.ts';
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
