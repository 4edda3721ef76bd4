import { ErrorCode, errorCode, SluiceError } from '@sluice/sdk';

/** What a full or failing machine, and a network that is down, say of themselves, whoever met them. */
const systemCodes: Readonly<Record<string, ErrorCode>> = {
  ...{ ENOSPC: ErrorCode.StorageFull, EDQUOT: ErrorCode.StorageFull },
  ...{ EIO: ErrorCode.MachineFailed, EROFS: ErrorCode.MachineFailed, ESTALE: ErrorCode.MachineFailed },
  ...{ EMFILE: ErrorCode.MachineFailed, ENFILE: ErrorCode.MachineFailed, EAGAIN: ErrorCode.MachineFailed },
  ...{ ENOMEM: ErrorCode.MachineFailed, ECONNREFUSED: ErrorCode.Unreachable, ECONNRESET: ErrorCode.Unreachable },
  ...{ EPIPE: ErrorCode.Unreachable, ETIMEDOUT: ErrorCode.Unreachable, ENOTFOUND: ErrorCode.Unreachable },
  ...{ EAI_AGAIN: ErrorCode.Unreachable, ENETUNREACH: ErrorCode.Unreachable, EHOSTUNREACH: ErrorCode.Unreachable },
};

/** The code under which an error leaves an activity. Errors are wrapped on their way, so the innermost that has a code of the system's counts. */
export function stableCode(error: unknown): string {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    if (cause instanceof SluiceError) return cause.code;
    const known = systemCodes[errorCode(cause)];
    if (known !== undefined) return known;
  }
  return ErrorCode.Internal;
}
