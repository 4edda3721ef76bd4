import { ErrorCode, SluiceError } from '@sluice/sdk';

/** MLflow answered with an error that asking again does not mend. `errorCode` is MLflow's own word for it. */
export class MlflowRefused extends SluiceError {
  readonly status: number;
  readonly errorCode: string;

  constructor(message: string, details: { status: number; errorCode: string; where: string; fix?: string }) {
    super(ErrorCode.Refused, message, {
      where: details.where,
      data: { status: details.status, errorCode: details.errorCode },
      ...(details.fix === undefined ? {} : { fix: details.fix }),
    });
    this.status = details.status;
    this.errorCode = details.errorCode;
  }
}

/** MLflow does not answer, or only with errors that may pass by themselves. */
export class MlflowUnreachable extends SluiceError {
  constructor(message: string, details: { where: string; attempts: number; cause?: unknown }) {
    super(ErrorCode.Unreachable, message, {
      where: details.where,
      fix: 'Start the MLflow server, or mend `mlflow.url` in sluice.config.ts; the work goes on from here when it answers.',
      data: { attempts: details.attempts },
      cause: details.cause,
      permanent: false,
    });
  }
}

/** Did MLflow refuse with this `error_code`? */
export function isRefusal(error: unknown, ...codes: readonly string[]): error is MlflowRefused {
  return error instanceof MlflowRefused && (codes.length === 0 || codes.includes(error.errorCode));
}
