import type { DecisionRequest, DecisionSubject, DecisionVia, OpenGate } from '@sluice/sdk';
import { small } from './activities.ts';
import { applicationFailure } from './failure.ts';

/** How a decision reached this run; taken down at once, because it may be judged later. */
export interface Arrival {
  readonly via: DecisionVia;
  /** Epoch ms of the workflow task that brought it: with workers away, that may be long after it was sent. */
  readonly at: number;
  /** The how-manieth signal of its name; null for an update, which arrives when a worker takes it. */
  readonly nth: number | null;
  /** Was it applied again by a reset? */
  readonly repeated: boolean;
}

/** Looking something up must end some time: a deadline waits for the decisions that came before it. */
const bounded = { startToCloseTimeout: '20 seconds', scheduleToCloseTimeout: '1 minute' } as const;

/** When the server took it, epoch ms; asked only when it matters, because a worker that was away brings it late. */
export async function arrivedAt(kind: string, { at, nth }: Arrival, gate: OpenGate): Promise<number> {
  if (nth === null || at < gate.expiresAt) return at;
  try {
    return (
      (await small(`run:arrival:${kind}`, `when ${kind} arrived`, bounded).signalTime({ signal: kind, nth })) ?? at
    );
  } catch {
    return at;
  }
}

/** Whose token a decision carries, or why nobody's. */
export async function bearerOf(
  { decision, token }: DecisionRequest,
  subject: DecisionSubject,
  at: number,
): Promise<{ readonly by: string } | { readonly why: string }> {
  try {
    const purpose = { for: decision, ...subject };
    return await small(`run:identity:${decision}`, `who sent ${decision}`, bounded).identify({
      token: token ?? '',
      purpose,
      at,
    });
  } catch (error) {
    const why = applicationFailure(error)?.message ?? 'its issuer does not answer';
    return { why: `the token was not accepted: ${why}` };
  }
}
