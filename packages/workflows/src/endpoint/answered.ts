import type { RolloutOutcome, RolloutState } from '@sluice/sdk';
import { utf8 } from '../utf8.ts';
import type { Answered, Machine } from './machine.ts';

/** Outcomes that are kept whole. */
export const REMEMBERED = 20;
/** Rows of evidence of each, the worst: whoever asked was told all of them. */
const ROWS = 10;
/** Ended rollouts that are known by id; of older ones the time of their decisions is. */
export const ANSWERED = 500;

type Remembering = Pick<Machine, 'history' | 'answered' | 'horizon'>;

/** Keeps an outcome; asked for again, the same id has ended. */
export function remember<M extends Remembering>(machine: M, outcome: RolloutOutcome, decidedAt: number): M {
  const answered = [...machine.answered, { hash: hashOf(outcome.id), state: outcome.state, decidedAt }];
  const { shadow } = outcome;
  const kept = {
    ...outcome,
    evidence: outcome.evidence.slice(0, ROWS),
    ...(shadow && { shadow: { ...shadow, evidence: shadow.evidence.slice(0, ROWS) } }),
  };
  const forgotten = answered.slice(0, Math.max(0, answered.length - ANSWERED));
  return {
    ...machine,
    history: [...machine.history.filter(({ id }) => id !== outcome.id), kept].slice(-REMEMBERED),
    answered: answered.slice(-ANSWERED),
    horizon: Math.max(machine.horizon, ...forgotten.map((one) => one.decidedAt)),
  };
}

/** How a rollout ended; null when this endpoint has not heard of its end. */
export function outcomeOf(machine: Remembering, id: string): RolloutOutcome | null {
  const whole = machine.history.find((one) => one.id === id);
  if (whole !== undefined) return whole;
  const hash = hashOf(id);
  const known = machine.answered.find((one) => one.hash === hash);
  return known === undefined ? null : bare(id, known.state);
}

/** Of both, each once. */
export function mergeAnswered(ours: readonly Answered[], theirs: readonly Answered[]): Answered[] {
  const known = new Set(theirs.map(({ hash }) => hash));
  return [...theirs, ...ours.filter(({ hash }) => !known.has(hash))].slice(-ANSWERED);
}

function bare(id: string, state: RolloutState): RolloutOutcome {
  return {
    id,
    state,
    candidate: '',
    previous: null,
    reason: 'it ended long ago; the endpoint has kept no more than how',
    startedAt: 0,
    endedAt: 0,
    firstBadAt: null,
    offTrafficAt: null,
    evidence: [],
  };
}

/** FNV-1a, 64 bits: ids are long, and the sandbox has no cryptography. */
function hashOf(id: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of utf8(id)) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  return hash.toString(16).padStart(16, '0');
}
