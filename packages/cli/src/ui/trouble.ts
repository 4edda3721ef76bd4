import { ErrorCode, errorCode, SluiceError } from '@sluice/sdk';
import type { Trouble } from '@sluice/ui/api';
import { CliErrorCode, UnreachableError } from '../errors.ts';
import { NoWorker } from '../follow/look.ts';
import { isUnreachable } from '../run/temporal-call.ts';
import type { TemporalTarget } from '../run/temporal-target.ts';

/** An error as the pages show it: the terminal's words. */
export function troubleOf(error: unknown): Trouble {
  const { where, fix } = (error ?? {}) as { where?: unknown; fix?: unknown };
  return {
    code: errorCode(error),
    message: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error),
    where: typeof where === 'string' ? where : null,
    fix: typeof fix === 'string' ? fix : null,
  };
}

/** What Temporal's client throws as an error that says what to do; anything else as it is. */
export function readableError(error: unknown, target: TemporalTarget | null, what: string): unknown {
  if (error instanceof NoWorker) {
    return new SluiceError(ErrorCode.Unreachable, `No worker answers for ${what}.`, {
      where: error.failure ?? what,
      fix:
        error.failure === null
          ? 'Start the workers: sluice dev, or sluice worker --control.'
          : 'Workers fail its code again and again: mend it, or check out the code that it was started from.',
      permanent: false,
      cause: error,
    });
  }
  if ((error as Error | null)?.name === 'WorkflowNotFoundError') return notFound(what);
  if (isUnreachable(error)) {
    return new UnreachableError(
      'The Temporal server',
      target?.address ?? '',
      'Look whether sluice dev runs; this page goes on by itself.',
      error,
    );
  }
  return error;
}

export function notFound(what: string, fix?: string): SluiceError {
  return new SluiceError(ErrorCode.NotFound, `There is no ${what}.`, fix === undefined ? {} : { fix });
}

/** HTTP status of an error: what was asked wrongly, what is not there, and what does not answer. */
export function statusOf(error: unknown): 400 | 404 | 500 | 502 {
  const code = errorCode(error);
  if (code === CliErrorCode.Usage) return 400;
  if (code === ErrorCode.NotFound || code === CliErrorCode.RunNotFound) return 404;
  if (code === ErrorCode.Unreachable || code === ErrorCode.Refused || code === ErrorCode.Corrupt) return 502;
  return error instanceof SluiceError ? 502 : 500;
}
