import type { Artifact } from './artifact.ts';
import type { AttemptRecord } from './contract.ts';
import type { Decision, RefusedDecision } from './decision.ts';
import type { DeployResult } from './steps/deploy.ts';
import type { GateResult, Verdict } from './verdict.ts';

/**
 * Value of the search attribute `SluiceState`. Of a run with several deploys: what one of them waits for or does, and the
 * worst of their ends once all have ended.
 */
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

/** How a step stands. */
export type StepState = 'running' | 'done' | 'failed' | 'waiting' | 'reused';

/** Attempts of a step that its status lists one by one. */
export const ATTEMPTS_LISTED = 20;

/** Machine time of one class at one price. */
export type Spent = Pick<AttemptRecord, 'class' | 'price' | 'seconds' | 'secondsLost'>;

/** Attempts of a step that are only counted. */
export interface EarlierAttempts {
  readonly count: number;
  readonly errors: number;
  readonly preemptions: number;
  readonly outages: number;
  readonly stepsLost: number;
  readonly spent: readonly Spent[];
}

/** One step of a run, as the query `status` tells it. */
export interface StepStatus {
  readonly step: string;
  readonly kind: string;
  readonly state: StepState;
  /** Epoch ms, the workflow's clock. */
  readonly start: number;
  readonly end: number | null;
  /** The last {@link ATTEMPTS_LISTED}. */
  readonly attempts: readonly AttemptRecord[];
  /** What came before them. @default none */
  readonly earlier?: EarlierAttempts;
  readonly errorsAllowed: number;
  readonly preemptionsAllowed: number;
  readonly verdict: Verdict | null;
  /** How a deploy ended; left out of other steps and while it has not. */
  readonly outcome?: DeployResult['state'];
  /** Of a failed step: its map lets so many of its keys fail, so nothing follows from it. @default false */
  readonly tolerated?: boolean;
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

/** Argument of the query `status`: which of a run's steps are listed. */
export interface StatusPage {
  /** Steps to leave out at the beginning. @default 0 */
  readonly after?: number;
  /** Most steps to list; fewer when they are long. @default 300 */
  readonly limit?: number;
  /** Path of the one step to list; none is listed where the run has not begun it. */
  readonly step?: string;
}

/** Answer of the query `status`. */
export interface RunStatus {
  readonly workflowId: string;
  readonly pipeline: string;
  readonly state: RunState;
  /** In the order they began; on the first page also failed and waiting ones from further back. */
  readonly steps: readonly StepStatus[];
  /** Steps that are not listed here, by state. */
  readonly hidden: Readonly<Record<string, number>>;
  /** `after` of the next page; null on the last. */
  readonly next?: number | null;
  /** Machine time of all steps, by class and price. */
  readonly spent?: readonly Spent[];
  readonly gates: readonly OpenGate[];
  /** Questions that the run has asked so far, open ones included. */
  readonly asked: number;
  readonly decisions: readonly Decision[];
  readonly refused: readonly RefusedDecision[];
  readonly links: Readonly<Record<string, string>>;
  /** What workers have made of the run's report; left out before the first one. The link `report` shows it. */
  readonly report?: ReportRecord;
}

/** How the report of a run was last written by a worker. */
export interface ReportRecord {
  /** Epoch ms: it tells how the run stood then; null where none could be written yet. */
  readonly at: number | null;
  /** In the artifact store; null where none could be written yet. */
  readonly artifact: Artifact | null;
  /** What went wrong the last time; null where nothing did. */
  readonly warning: string | null;
}

/** Names that Temporal, the CLI and a person at the UI use. */
export const Signal = {
  approve: 'approve',
  override: 'override',
  reject: 'reject',
  rolloutFinished: 'rolloutFinished',
  withdraw: 'withdraw',
} as const;
/** Names of the updates that runs and endpoints take. */
export const Update = { decide: 'decide', rollout: 'rollout', rollback: 'rollback' } as const;
/** Names of the queries that runs and endpoints answer. */
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
