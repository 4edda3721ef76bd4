import { ErrorCode, type ErrorDetails, SluiceError } from '@sluice/sdk';
import { ApplicationFailure } from '@temporalio/common';

/**
 * What a pipeline's code sees when a step fails here: the class and the code that it would see in a run.
 *
 * @param log path of what the job printed; null where it is no job
 */
export function stepError(step: string, error: unknown, log: string | null = null): unknown {
  if (!(error instanceof ApplicationFailure)) return error;
  const { cause } = error;
  if (cause instanceof SluiceError) {
    return new SluiceError(cause.code, `${step}: ${cause.message}`, { ...placeOf(cause, step), cause });
  }
  const data = error.details?.[0];
  // A job's failure is one line for Temporal; here its parts have lines of their own.
  const [what = '', fix] = error.message.split(' What now: ');
  return new SluiceError(error.type ?? ErrorCode.Internal, `${step}: ${what.replace(/ \(at [^()]*\)$/, '')}`, {
    where: step,
    cause: error,
    ...withLog(fix, log),
    ...(data === undefined ? {} : { data }),
  });
}

/** The lines of a job stand above; all that it printed is in its log. */
function withLog(fix: string | undefined, log: string | null): { readonly fix?: string } {
  if (log === null) return fix === undefined ? {} : { fix };
  const said = fix === undefined || fix === 'See its last lines, and its log.' ? 'See its lines.' : fix;
  return { fix: `${said} Its log: ${log}` };
}

function placeOf({ where, fix, data }: SluiceError, step: string): ErrorDetails {
  return { where: where ?? step, ...(fix === undefined ? {} : { fix }), ...(data === undefined ? {} : { data }) };
}
