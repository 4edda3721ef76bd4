import type { AttemptProgress, EndpointState, RunStatus } from '@sluice/sdk';

/** A run at one moment, put together from what Temporal says of it. */
export interface Snapshot {
  /** Epoch ms when it was taken. */
  readonly at: number;
  readonly status: RunStatus;
  /** Jobs that run or wait for a worker now. */
  readonly jobs: readonly PendingJob[];
  /** Endpoint that a rollout of this run moves; null while there is none. */
  readonly endpoint: EndpointState | null;
  /** Epoch ms. */
  readonly startedAt: number;
  /** Null while the run is open. */
  readonly closed: {
    readonly at: number;
    readonly failure: RunFailure | null;
  } | null;
}

/** Why a run failed. */
export interface RunFailure {
  readonly code: string;
  readonly message: string;
  /** Last lines of the job that failed it. */
  readonly tail?: readonly string[];
}

export interface PendingJob {
  readonly step: string;
  readonly kind: string;
  /** From 1, over all reasons to try again. */
  readonly attempt: number;
  /** False while it waits for a worker. */
  readonly started: boolean;
  /** `<class>@<machine>:<pid>` of the worker that has it; null while none has. */
  readonly worker: string | null;
  readonly progress: AttemptProgress | null;
}
