import type { AttemptRecord } from './contract.ts';
import type { Decision, RefusedDecision } from './decision.ts';
import type { GateResult, Verdict } from './verdict.ts';

/** Value of the search attribute `SluiceState`. */
export type RunState =
  | 'running'
  | 'awaiting-approval'
  | 'blocked'
  | 'rolling-out'
  | 'deployed'
  | 'rolled-back'
  | 'rejected'
  | 'expired'
  | 'superseded'
  | 'done'
  | 'failed'
  | 'cancelled';

export type StepState = 'running' | 'done' | 'failed' | 'waiting' | 'reused';

export interface StepStatus {
  readonly step: string;
  readonly kind: string;
  readonly state: StepState;
  /** Epoch ms, the workflow's clock. */
  readonly start: number;
  readonly end: number | null;
  readonly attempts: readonly AttemptRecord[];
  readonly errorsAllowed: number;
  readonly preemptionsAllowed: number;
  readonly verdict: Verdict | null;
  readonly note: string | null;
  /** What a job waits for before its next attempt; left out while it waits for nothing. */
  readonly pause?: Pause;
}

/** A wait between two attempts. */
export interface Pause {
  /** Code and message of the failure that is waited out. */
  readonly code: string;
  readonly message: string;
  /** Epoch ms: since when it has failed that way, and when it is tried again. */
  readonly since: number;
  readonly until: number;
}

/** The question a run is waiting on. */
export interface OpenGate {
  readonly step: string;
  readonly endpoint: string;
  readonly candidate: string;
  readonly version: string | null;
  readonly state: 'awaiting-approval' | 'blocked';
  readonly verdict: Verdict;
  readonly gates: readonly GateResult[];
  /** Epoch ms. */
  readonly expiresAt: number;
  /** From 1; higher when the step had to ask again. */
  readonly round: number;
  readonly commands: readonly string[];
}

/** Answer of the query `status`. */
export interface RunStatus {
  readonly workflowId: string;
  readonly pipeline: string;
  readonly state: RunState;
  readonly steps: readonly StepStatus[];
  /** Steps of map branches beyond those listed, by state. */
  readonly hidden: Readonly<Record<string, number>>;
  readonly gates: readonly OpenGate[];
  /** Questions that the run has asked so far, open ones included. */
  readonly asked: number;
  readonly decisions: readonly Decision[];
  readonly refused: readonly RefusedDecision[];
  readonly links: Readonly<Record<string, string>>;
}

/** Names that Temporal, the CLI and a person at the UI use. */
export const Signal = {
  approve: 'approve',
  override: 'override',
  reject: 'reject',
  rolloutFinished: 'rolloutFinished',
  withdraw: 'withdraw',
} as const;
export const Update = { decide: 'decide', rollout: 'rollout', rollback: 'rollback' } as const;
export const Query = { status: 'status', endpoint: 'endpoint' } as const;

/** Search attributes, all of type Keyword. */
export const SearchAttribute = {
  pipeline: 'SluicePipeline',
  state: 'SluiceState',
  endpoint: 'SluiceEndpoint',
  candidate: 'SluiceCandidate',
  commit: 'SluiceCommit',
} as const;

/** Workflow memo of a run that the CLI started. */
export interface RunMemo {
  /** As the starter said. */
  readonly by?: string;
  /** Sealed token of the starter, where the project takes identity from tokens. */
  readonly token?: string;
  readonly commit?: string;
  readonly dirty?: boolean;
}

/** Workflow type and id of an endpoint. */
export const ENDPOINT_WORKFLOW = 'sluiceEndpoint';
export function endpointWorkflowId(endpoint: string): string {
  return `endpoint/${endpoint}`;
}

/** Task queue of a resource class. Workflows and their small activities use the project's own queue. */
export function taskQueue(project: string, resourceClass?: string): string {
  return resourceClass === undefined ? `sluice-${project}` : `sluice-${project}-${resourceClass}`;
}
