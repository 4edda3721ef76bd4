import type { Candidate, RolloutOutcome, RolloutRequest, RolloutState } from './candidate.ts';
import type { Mirror, VersionHealth, Weights } from './traffic.ts';

/** What the endpoint's workflow is doing. */
export type EndpointMode = 'adopting' | 'steady' | 'rolling-out' | 'rolling-back' | 'unowned';

/** Answer of the query `endpoint`. */
export interface EndpointState {
  readonly endpoint: string;
  readonly mode: EndpointMode;
  /** The version that was read back as serving; null on an empty endpoint, and while `mode` is `adopting` at first. */
  readonly stable: Candidate | null;
  readonly candidate: Candidate | null;
  /** Where a rollback would go; the first of `formers`. */
  readonly previous: Candidate | null;
  /** Former stable versions, newest first; what was rolled back is not among them. */
  readonly formers: readonly Candidate[];
  /** `stable`, `starting`, `shadow`, `canary 25 %`, `bake`, `rolling back`. */
  readonly phase: string;
  /** Percent by version id, as last read back from the target. */
  readonly weights: Weights;
  /** Id of the version that traffic is being taken off. */
  readonly leaving: string | null;
  /** Id of the rollout under way. */
  readonly rollout: string | null;
  readonly queued: readonly string[];
  /** The last 20, oldest first. */
  readonly history: readonly RolloutOutcome[];
  /** What a person has to know now. */
  readonly alarm: string | null;
}

/** Argument of the update `rollback`. */
export interface RollbackRequest {
  /** Unique; the same again is the same rollback. */
  readonly id: string;
  readonly by: string;
  readonly reason?: string;
  /** Id of the version that is to be left. Two requests that leave the same version are one rollback. */
  readonly from: string;
  /** Id of a former stable version. @default the newest of them */
  readonly to?: string;
}

/** Answer of the update `rollback`: taken or not. How it ended is in the endpoint's `history` under `outcomeId`. */
export interface RollbackAnswer {
  readonly accepted: boolean;
  readonly why: string | null;
  /** Null where nothing served before. */
  readonly to: string | null;
  readonly outcomeId: string | null;
}

/** Answer of the update `rollout`. */
export interface RolloutAnswer {
  readonly accepted: boolean;
  readonly why: string | null;
  /** Of a rollout that has ended already. */
  readonly outcome: RolloutOutcome | null;
}

/** What an endpoint keeps in the store, so that it outlives its workflow. */
export interface Ledger {
  readonly stable: Candidate | null;
  readonly formers: readonly Candidate[];
  readonly banned: readonly string[];
  readonly answered: readonly { readonly hash: string; readonly state: RolloutState; readonly decidedAt: number }[];
  readonly horizon: number;
  readonly left: readonly { readonly version: string; readonly outcomeId: string; readonly to: string | null }[];
  readonly history: readonly RolloutOutcome[];
  /** A rollout whose candidate may have traffic. */
  readonly underWay: { readonly request: RolloutRequest; readonly startedAt: number } | null;
}

/** What an endpoint that begins without memory finds. */
export interface Observation {
  /** Null: the target has no such endpoint. */
  readonly target: {
    readonly weights: Weights;
    readonly mirror: Mirror | null;
    /** By version id. */
    readonly versions: Readonly<Record<string, VersionHealth>>;
  } | null;
  /** Null: none was ever written. */
  readonly ledger: { readonly seq: number; readonly page: Ledger } | null;
  /** Null where MLflow is off. `previous` only if it was not rolled back. */
  readonly registry: { readonly production: Candidate | null; readonly previous: Candidate | null } | null;
  /** What is known of the versions that have traffic, by id. */
  readonly known: Readonly<Record<string, Candidate>>;
}
