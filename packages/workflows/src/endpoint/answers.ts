import type { RollbackAnswer, RolloutAnswer } from '@sluice/sdk';

export type Answer = RolloutAnswer | RollbackAnswer;

export function accepted(outcome: RolloutAnswer['outcome'] = null): RolloutAnswer {
  return { accepted: true, why: null, outcome };
}

export function refused(why: string): RolloutAnswer & RollbackAnswer {
  return { accepted: false, why, outcome: null, to: null, outcomeId: null };
}

export function goingBack(outcomeId: string | null, to: string | null): RollbackAnswer {
  return { accepted: true, why: null, to, outcomeId };
}
