import { randomBytes } from 'node:crypto';
import { Context } from '@temporalio/activity';

/** Which attempt at a step wrote something. Of two the newer one counts, whoever of them writes later. */
export interface PartialClaim {
  /** Epoch ms at which the step began, by the server's clock; 0 outside of Temporal. */
  readonly begun: number;
  /** Temporal's number of the attempt, from 1. */
  readonly attempt: number;
  /** One more than that of the attempt it goes on with. */
  readonly turn: number;
  /** Of one execution. */
  readonly id: string;
}

/** Negative when `a` is older than `b`. */
export function compareClaims(a: PartialClaim, b: PartialClaim): number {
  return a.begun - b.begun || a.attempt - b.attempt || a.turn - b.turn || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

export type RunningAttempt = Pick<PartialClaim, 'begun' | 'attempt'>;

/** The attempt that this code runs in; null outside of Temporal, where nobody tries again on another machine. */
export function runningAttempt(): (RunningAttempt & { readonly activityId: string }) | null {
  try {
    const { activityId, scheduledTimestampMs: begun, attempt } = Context.current().info;
    return { activityId, begun, attempt };
  } catch {
    return null;
  }
}

export function newPartialId(): string {
  return randomBytes(8).toString('hex');
}

export function isClaim(value: unknown): value is PartialClaim {
  const { begun, attempt, turn, id } = (value ?? {}) as Partial<Record<keyof PartialClaim, unknown>>;
  return [begun, attempt, turn].every(Number.isFinite) && typeof id === 'string' && /^[0-9a-f]{16}$/.test(id);
}
