import { ErrorCode, errorCode, placeIn, SluiceError } from '@sluice/sdk';
import { CliErrorCode } from '../errors.ts';

/** Words of Temporal's for a call that only a workflow can make. */
const onlyInRun = /^Workflow\.(\w+)\(\.\.\.\) may only be used from/;

/** What a pipeline's own code threw outside of Temporal, with its class for a code as a run has it, and its place. */
export function pipelineFailed(error: unknown, root: string, pipeline: string): unknown {
  // Its own words name `sluice retry`, and here is no run.
  if (error instanceof SluiceError && error.code === ErrorCode.MapFailed) {
    const { code, message, where, data } = error;
    const fix = 'Mend what they say, or set `tolerate`, and run the command again.';
    return new SluiceError(code, message, { ...(where === undefined ? {} : { where }), fix, data, cause: error });
  }
  if (error instanceof SluiceError) return error;
  const where = placeIn(root, error) ?? `pipeline ${pipeline}`;
  const message = error instanceof Error ? error.message : String(error);
  const [, call] = onlyInRun.exec(message) ?? [];
  if (call !== undefined) {
    return new SluiceError(
      CliErrorCode.OnlyInRun,
      `The pipeline ${pipeline} calls ${wordOf(call)}, which works in a run only: here is no Temporal.`,
      {
        where,
        fix: `Run up to a step before it: sluice step ${pipeline} STEP. Or start a run: sluice run ${pipeline}`,
        cause: error,
      },
    );
  }
  return new SluiceError(
    error instanceof Error ? errorCode(error) : 'Error',
    `The pipeline ${pipeline} threw an error of its own: ${message || 'without a message'}`,
    { where, fix: `Mend the code at ${where}.`, cause: error },
  );
}

/** Activities are called by names of their own. */
function wordOf(call: string): string {
  return call === 'scheduleActivity' ? 'an activity' : call;
}
