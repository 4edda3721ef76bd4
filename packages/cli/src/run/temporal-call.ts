import { isGrpcServiceError, ServiceError } from '@temporalio/client';
import { connectionFailed, type TemporalTarget } from './temporal-target.ts';

const UNAVAILABLE = 14;
const DEADLINE_EXCEEDED = 4;
const CANCELLED = 1;

/** Runs one call; a server that does not answer becomes `Unreachable`, everything else stays what it is. */
export async function temporalCall<Value>(target: TemporalTarget, call: () => Promise<Value>): Promise<Value> {
  try {
    return await call();
  } catch (error) {
    if (isUnreachable(error)) throw connectionFailed(target, error);
    throw error;
  }
}

/** Is it a server that does not answer, which trying again may mend? */
export function isUnreachable(error: unknown): boolean {
  const cause = error instanceof ServiceError ? error.cause : error;
  if (!(cause instanceof Error) || !isGrpcServiceError(cause)) return false;
  return [UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED].includes(cause.code);
}
