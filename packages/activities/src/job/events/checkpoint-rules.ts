import { type Digest, ErrorCode, SluiceError } from '@sluice/sdk';

/** What happens to the checkpoints of one attempt, in the order in which it happens. */
export type CheckpointFact =
  /** The trainer's event. `rank` is null where it does not say which of its processes speaks. */
  | { readonly type: 'announced'; readonly step: number; readonly rank: number | null }
  /** Its files are in the store; what they are is known, and nothing points at them yet. */
  | { readonly type: 'stored'; readonly step: number; readonly digest: Digest }
  /** The line points at it. */
  | { readonly type: 'committed'; readonly step: number; readonly digest: Digest };

/** What the rules remember of an attempt. */
export interface CheckpointState {
  /** Step of the checkpoint that the attempt went on from. */
  readonly resumedFrom: number | null;
  /** Last step that was announced and taken. */
  readonly announced: number | null;
  readonly committed: { readonly step: number; readonly digest: Digest } | null;
}

/** Why a checkpoint does not count. The names are stable: they are in an error's `data.rule`. */
export type CheckpointRule = 'another-rank' | 'backwards' | 'behind-resume' | 'other-content';

export type CheckpointVerdict =
  | { readonly verdict: 'take' }
  /** It is committed already, byte for byte. */
  | { readonly verdict: 'ignore' }
  | { readonly verdict: 'refuse'; readonly rule: CheckpointRule; readonly step: number; readonly against: number };

export function freshCheckpoints(resumedFrom: number | null): CheckpointState {
  return { resumedFrom, announced: null, committed: null };
}

/**
 * The rules of the trainer protocol for checkpoints, in any language: the first process alone announces them, their steps never
 * go back, not even behind the step that the attempt resumed from, and one step has one content. What is refused changes
 * nothing, so the newest checkpoint stays the newest.
 */
export function judgeCheckpoint(
  state: CheckpointState,
  fact: CheckpointFact,
): { readonly state: CheckpointState; readonly verdict: CheckpointVerdict } {
  const { step } = fact;
  const take = (next: CheckpointState) => ({ state: next, verdict: { verdict: 'take' } }) as const;
  const refuse = (rule: CheckpointRule, against: number) =>
    ({ state, verdict: { verdict: 'refuse', rule, step, against } }) as const;
  if (fact.type === 'announced') {
    if (fact.rank !== null && fact.rank !== 0) return refuse('another-rank', fact.rank);
    if (state.announced !== null && step < state.announced) return refuse('backwards', state.announced);
    if (state.resumedFrom !== null && step < state.resumedFrom) return refuse('behind-resume', state.resumedFrom);
    return take({ ...state, announced: step });
  }
  const { committed } = state;
  if (committed !== null && step < committed.step) return refuse('backwards', committed.step);
  if (committed?.step === step) {
    return committed.digest === fact.digest
      ? { state, verdict: { verdict: 'ignore' } }
      : refuse('other-content', committed.step);
  }
  return take(fact.type === 'stored' ? state : { ...state, committed: { step, digest: fact.digest } });
}

/** What a refusal tells whoever wrote the trainer: a `ProtocolError` with rule, step and what it stands against. */
export function refusal({ rule, step, against }: CheckpointVerdict & { readonly verdict: 'refuse' }): SluiceError {
  const [what, fix] = says[rule](step, against);
  return new SluiceError(ErrorCode.ProtocolError, what, { fix, data: { rule, step, against } });
}

const says: Readonly<Record<CheckpointRule, (step: number, against: number) => readonly [what: string, fix: string]>> =
  {
    'another-rank': (step, rank) => [
      `Rank ${rank} announced a checkpoint of step ${step}; only rank 0 may.`,
      'Let all ranks write into one directory, and rank 0 announce it when all have: docs/trainer-protocol.md, "Several processes".',
    ],
    backwards: (step, last) => [
      `The checkpoint of step ${step} comes after that of step ${last}: steps never go back.`,
      'Count training steps over the whole training, and start one training only.',
    ],
    'behind-resume': (step, resumed) => [
      `The checkpoint of step ${step} is behind step ${resumed}, which this attempt resumed from; that one stays.`,
      'Load the checkpoint that `resume` names and count on from its step; a trainer that cannot load it must fail.',
    ],
    'other-content': (step) => [
      `A second checkpoint of step ${step} has other files than the first, which stays.`,
      'Announce a step once. Several processes that each announce their part must write into one directory, which one of them announces.',
    ],
  };
