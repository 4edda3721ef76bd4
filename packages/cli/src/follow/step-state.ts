import type { StepStatus } from '@sluice/sdk';
import type { Role } from './colours.ts';

/** The word for how a step stands, and its colour: a deploy that has ended says how, a failure that hurts nobody says so. */
export function stepState({
  state,
  outcome,
  tolerated,
}: Pick<StepStatus, 'state'> & {
  readonly outcome?: StepStatus['outcome'] | undefined;
  readonly tolerated?: boolean | undefined;
}): {
  readonly word: string;
  readonly role: Role | null;
} {
  if (state === 'failed') return tolerated ? { word: 'failed, tolerated', role: 'warn' } : { word: state, role: 'bad' };
  if (outcome === undefined) return { word: state, role: state === 'waiting' ? 'warn' : null };
  const role = outcome === 'deployed' ? 'good' : outcome === 'rolled-back' ? 'bad' : 'warn';
  return { word: outcome, role };
}
