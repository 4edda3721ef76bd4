import type {
  Candidate,
  Evidence,
  Json,
  Lease,
  Ledger,
  Mirror,
  Observation,
  ReadyOutcome,
  RollbackRequest,
  RolloutOutcome,
  RolloutRequest,
  RolloutState,
  ShadowInput,
  ShadowOutcome,
  WatchInput,
  WatchOutcome,
  Weights,
} from '@sluice/sdk';

/**
 * One endpoint as plain data. It changes by {@link reduce} alone; what it wants done it says by commands, and what came of
 * them comes back as events. `stable` is what was read back as serving; nothing is believed before.
 */
export interface Machine {
  readonly endpoint: string;
  readonly mode: Mode;
  readonly stable: Candidate | null;
  /** Former stable versions, newest first: the only goals of a rollback. A version that was left for being bad is none. */
  readonly formers: readonly Candidate[];
  /** Ids of versions that were rolled back and were not deployed since. */
  readonly banned: readonly string[];
  readonly queue: readonly RolloutRequest[];
  /** Rollouts that have ended, oldest first: asked again, they are not done again. */
  readonly answered: readonly Answered[];
  /** Epoch ms: of decisions as old as this, ids may have been forgotten. */
  readonly horizon: number;
  /** What was left by a rollback, oldest first: asked again, it is answered and not done again. */
  readonly left: readonly Left[];
  readonly history: readonly RolloutOutcome[];
  /** What was read back last. */
  readonly seen: { readonly weights: Weights; readonly at: number } | null;
  /** What a person has to know now. */
  readonly alarm: string | null;
  /** Number of the ledger's last page. */
  readonly seq: number;
  /** Number of the command that a result has to name to count. */
  readonly turn: number;
  readonly chores: readonly Chore[];
  readonly lastChore: number;
}

export interface Answered {
  readonly hash: string;
  readonly state: RolloutState;
  readonly decidedAt: number;
}

export interface Left {
  readonly version: string;
  readonly outcomeId: string;
  readonly to: string | null;
}

export type Mode = Adopting | Steady | RollingOut | RollingBack | Unowned;

/** Who serves is being found out. */
export interface Adopting {
  readonly kind: 'adopting';
  readonly why: string;
  /** What was under way, and ends with it. */
  readonly interrupted: RollingOut | RollingBack | null;
}

/** One version, or none on an empty endpoint, has all of the traffic. */
export interface Steady {
  readonly kind: 'steady';
  /** The ledger is being written. */
  readonly saving: boolean;
}

export interface RollingOut {
  readonly kind: 'rolling-out';
  readonly request: RolloutRequest;
  readonly startedAt: number;
  readonly stage: 'starting-stable' | 'starting' | 'recording' | 'moving' | 'watching' | 'judging' | 'promoting';
  /** Index among the phases. */
  readonly phase: number;
  /** Restarts of the candidate's process when it was found ready; null before. */
  readonly restarts: number | null;
  /** There is a stable version that runs; without one the candidate takes the way of a first version. */
  readonly usable: boolean;
  /** When the phase's traffic was seen in force, epoch ms. */
  readonly since: number | null;
  readonly evidence: readonly Evidence[];
  readonly memory: Json | null;
  /** When its shadow phase was over last, epoch ms: what was answered before is judged. Left out before. */
  readonly until?: number;
  /** Milliseconds that its shadow phase lasts, where what was kept did not decide it in time. */
  readonly longer?: number;
  /** What was found in the answers of its shadow phase; left out before. */
  readonly shadow?: ShadowOutcome;
  /** Where traffic goes should it end another way. */
  readonly backTo: Candidate | null;
  /** Ends of rollouts whose way back this one takes over, because nothing can serve in their place. */
  readonly owed: readonly End[];
}

export interface RollingBack {
  readonly kind: 'rolling-back';
  readonly from: Candidate | null;
  /** Null: nothing served before. */
  readonly to: Candidate | null;
  readonly stage: 'moving' | 'starting' | 'waiting';
  /** How often `to` did not get ready. */
  readonly attempt: number;
  readonly ends: readonly End[];
  /** Milliseconds that one try to set the traffic has. */
  readonly limit: number;
}

/** Nobody can say which version should serve; a person has to. Traffic is left as it is. */
export interface Unowned {
  readonly kind: 'unowned';
  readonly why: string;
  /** What serves now, as far as it is known. */
  readonly known: readonly Candidate[];
}

/** What becomes of a rollout, or of a rollback that a person asked for, once traffic is seen to be back. */
export interface End {
  readonly id: string;
  readonly candidate: Candidate;
  readonly previous: string | null;
  readonly state: Exclude<RolloutState, 'deployed' | 'stale'>;
  readonly reason: string;
  readonly startedAt: number;
  readonly firstBadAt: number | null;
  readonly evidence: readonly Evidence[];
  /** Left out where its answers were not judged. */
  readonly shadow?: ShadowOutcome;
  /** Null where nobody waits for an answer by signal. */
  readonly replyTo: string | null;
  readonly decidedAt: number;
}

/** What the endpoint is about; there is one at a time, and a new one ends the one before. */
export type Command =
  | { readonly kind: 'observe' }
  | { readonly kind: 'start'; readonly candidate: Candidate }
  | {
      readonly kind: 'move';
      readonly what: string;
      readonly weights: Weights;
      readonly mirror: Mirror | null;
      readonly lease: Lease | null;
      readonly unready: boolean;
      /** What has to be in force before; null: whatever. */
      readonly expect: { readonly weights: Weights; readonly mirror: Mirror | null } | null;
      /** Milliseconds in which it is made and seen, or made again. */
      readonly limit: number;
    }
  | { readonly kind: 'watch'; readonly input: WatchInput }
  | { readonly kind: 'judge'; readonly input: ShadowInput }
  | { readonly kind: 'save'; readonly seq: number; readonly ledger: Ledger }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'idle' };

/** What is done beside it, and need not be waited for. */
export type Chore = { readonly n: number } & (
  | { readonly kind: 'stop'; readonly id: string }
  | {
      readonly kind: 'mark';
      readonly candidate: Candidate;
      readonly previous: Candidate | null;
      readonly former: Candidate | null;
      readonly state: RolloutState;
      readonly reason: string | null;
    }
  | {
      readonly kind: 'reply';
      readonly workflowId: string;
      readonly outcome: RolloutOutcome;
      /** Page of the ledger that has it: nobody is told what could be forgotten. */
      readonly page: number;
    }
  | { readonly kind: 'alarm'; readonly text: string; readonly at: number }
);

export type Result =
  | { readonly kind: 'observed'; readonly observation: Observation }
  | { readonly kind: 'started'; readonly outcome: ReadyOutcome }
  | { readonly kind: 'moved'; readonly at: number; readonly refused: string | null }
  | { readonly kind: 'watched'; readonly outcome: WatchOutcome }
  | { readonly kind: 'judged'; readonly outcome: ShadowOutcome }
  | { readonly kind: 'saved'; readonly conflict: boolean }
  | { readonly kind: 'waited' }
  | { readonly kind: 'failed'; readonly why: string };

/** `at` is epoch ms, the workflow's clock. */
export type Event = { readonly at: number } & (
  | { readonly kind: 'rollout'; readonly request: RolloutRequest }
  | { readonly kind: 'rollback'; readonly request: RollbackRequest }
  | { readonly kind: 'withdraw'; readonly id: string }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'result'; readonly turn: number; readonly result: Result }
  | { readonly kind: 'chore-done'; readonly n: number }
);

export function emptyMachine(endpoint: string): Machine {
  return {
    endpoint,
    mode: { kind: 'adopting', why: 'it begins', interrupted: null },
    stable: null,
    formers: [],
    banned: [],
    queue: [],
    answered: [],
    horizon: 0,
    left: [],
    history: [],
    seen: null,
    alarm: null,
    seq: 0,
    turn: 0,
    chores: [],
    lastChore: 0,
  };
}
