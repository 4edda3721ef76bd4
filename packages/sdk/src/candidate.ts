import type { Artifact } from './artifact.ts';
import type { RolloutSpec } from './rollout.ts';
import type { DeploySpec } from './steps/deploy.ts';
import type { Evidence, Verdict } from './verdict.ts';

/** A model version on its way to an endpoint. */
export interface Candidate {
  readonly digest: string;
  readonly uri: string;
  readonly bytes: number;
  /** Id on the endpoint, made of the digest. */
  readonly id: string;
  /** MLflow's registered model and version; null where MLflow is off. */
  readonly registered: { readonly model: string; readonly version: string; readonly url: string } | null;
}

export interface RolloutRequest {
  /** Unique and stable over retries and resets: `<workflow id>/<step>@<digest>`. */
  readonly id: string;
  readonly endpoint: string;
  readonly candidate: Candidate;
  readonly spec: RolloutSpec;
  readonly onBusy: DeploySpec['onBusy'];
  /** Workflow that is signalled `rolloutFinished` with a {@link RolloutOutcome}. */
  readonly replyTo: string;
  readonly by: string;
  /**
   * Digest of the stable version that the decision was made against, null for an empty endpoint: a candidate whose turn
   * comes when another one is stable is not moved, and ends `stale`. Left out where nobody knows.
   */
  readonly against?: string | null;
  /** When it was decided, epoch ms: an endpoint that has forgotten ids from that time refuses it. */
  readonly decidedAt: number;
}

/**
 * `deployed`: it is the stable version. `rolled-back`: traffic went back. `superseded`: a newer one took its place.
 * `withdrawn`: its run was cancelled. `stale`: the stable version is another than the one it was decided against.
 */
export type RolloutState = 'deployed' | 'rolled-back' | 'superseded' | 'withdrawn' | 'stale';

/** What was found in the answers of a shadow phase; `report` holds every row. */
export interface ShadowOutcome {
  readonly verdict: Verdict;
  /** The rows a human needs, worst first; at most 20. */
  readonly evidence: readonly Evidence[];
  /** Of any verdict but `pass`: which check, and how many rows. */
  readonly reason: string | null;
  /** Rows that were judged. */
  readonly rows: number;
  /** Null where nothing could be judged. */
  readonly report: Artifact | null;
}

export interface RolloutOutcome {
  readonly id: string;
  readonly state: RolloutState;
  readonly candidate: string;
  readonly previous: string | null;
  readonly reason: string | null;
  /** Epoch ms. */
  readonly startedAt: number;
  readonly endedAt: number;
  /** Of a rollback: first bad response and the moment traffic was seen to be back, epoch ms. */
  readonly firstBadAt: number | null;
  readonly offTrafficAt: number | null;
  readonly evidence: readonly Evidence[];
  /** What the shadow phase found; left out where its answers were not judged. */
  readonly shadow?: ShadowOutcome;
}
