import { ErrorCode, errorCode, type RunState } from '@sluice/sdk';
import { CliErrorCode } from './errors.ts';

/** Exit codes of the command. */
export const ExitCode = {
  done: 0,
  failed: 1,
  usage: 2,
  blocked: 3,
  rejected: 4,
  rolledBack: 5,
  unreachable: 6,
  /** What was waited for did not come in time; the same as of `timeout`. */
  timedOut: 124,
  interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

const usage: ReadonlySet<string> = new Set([
  CliErrorCode.Usage,
  CliErrorCode.AlreadyRunning,
  CliErrorCode.RunNotFound,
  CliErrorCode.RunExists,
  CliErrorCode.CodeMismatch,
  CliErrorCode.NamespaceNotFound,
  ErrorCode.InvalidConfig,
  ErrorCode.InvalidParams,
  ErrorCode.InvalidStep,
  ErrorCode.DuplicateStep,
  ErrorCode.DecisionRefused,
  ErrorCode.PortInUse,
]);

/** What the command exits with when `error` ended it. */
export function exitCodeOfError(error: unknown): ExitCode {
  const code = errorCode(error);
  if (code === ErrorCode.Unreachable) return ExitCode.unreachable;
  if (code === CliErrorCode.Interrupted) return ExitCode.interrupted;
  return usage.has(code) ? ExitCode.usage : ExitCode.failed;
}

/** What `sluice run --wait` exits with for a run that has come to rest in `state`. */
export function exitCodeOfState(state: RunState): ExitCode {
  switch (state) {
    case 'failed':
    case 'cancelled':
      return ExitCode.failed;
    case 'blocked':
      return ExitCode.blocked;
    case 'rejected':
    case 'expired':
    case 'superseded':
      return ExitCode.rejected;
    case 'rolled-back':
      return ExitCode.rolledBack;
    default:
      return ExitCode.done;
  }
}
