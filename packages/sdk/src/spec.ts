import type { ActivityOptions } from '@temporalio/common';
import type { Dataset, Json, JsonObject, Model, ModelRef } from './artifact.ts';
import type { Check } from './column.ts';
import type { Command } from './command.ts';
import type { Decision } from './decision.ts';
import type { RolloutSpec } from './rollout.ts';
import type { GateResult, Verdict } from './verdict.ts';

/** Raw Temporal activity options for a step; they win over what Sluice would set (a job's `retry` excepted). */
export type TemporalOptions = Partial<
  Pick<
    ActivityOptions,
    | 'heartbeatTimeout'
    | 'priority'
    | 'retry'
    | 'scheduleToCloseTimeout'
    | 'scheduleToStartTimeout'
    | 'startToCloseTimeout'
    | 'taskQueue'
  >
>;

interface BaseSpec {
  /** The declared name; it identifies the work. */
  readonly name: string;
  /** Resource class to run on; null is the project's default class. */
  readonly on: string | null;
  readonly temporal: TemporalOptions | null;
}

export interface ExtractSpec extends BaseSpec {
  readonly kind: 'extract';
  readonly sql: string;
  readonly params: Readonly<Record<string, Json>>;
  readonly checks: readonly Check[];
  /** Databases to attach read-only, by the name the SQL uses: `{ shop: 'postgres:…' }` or the name of an environment variable, `env:SHOP_DB`. */
  readonly attach: Readonly<Record<string, string>>;
}

/** How often a job may fail of its own, and how often it may be preempted: two budgets that never mix. */
export interface Budgets {
  /** Further attempts after an error of the job's own. */
  readonly errors: number;
  /** Preemptions (lost workers included) before giving up. */
  readonly preemptions: number;
  /** Preemptions after which the work moves to the class's `fallback`; null never moves it. */
  readonly onDemandAfter: number | null;
  /** Over all attempts, milliseconds from the first dispatch; null for none. */
  readonly deadline: number | null;
  /** Of one attempt, milliseconds. */
  readonly maxRuntime: number | null;
  /** Of one attempt waiting for a worker, milliseconds. */
  readonly maxQueued: number | null;
}

/** A command that speaks the trainer protocol: it may checkpoint, be preempted and resume. */
export interface JobSpec extends BaseSpec {
  readonly kind: 'train' | 'merge' | 'step';
  readonly run: Command;
  readonly data: Readonly<Record<string, Dataset>>;
  readonly models: readonly ModelRef[];
  readonly hyper: JsonObject;
  readonly seed: number;
  readonly budgets: Budgets;
  /** Silence (no event, no output) after which the job counts as hung, milliseconds; null never. */
  readonly stall: number | null;
  /** Heartbeat timeout, milliseconds: how soon a lost worker is noticed. */
  readonly heartbeat: number;
  /** `same`: only checkpoints of the same code, data and hyper-parameters; `anyway`: any; `never`: start over. */
  readonly resume: 'same' | 'anyway' | 'never';
  /** Verified checkpoints to keep. */
  readonly keep: number;
}

export interface Suite {
  /** A dataset, or a path to a JSON-lines, CSV or Parquet file below the project. */
  readonly cases: Dataset | string;
  /** Column with the right answer. */
  readonly label: string;
  /** Column that names a case's category; null for one category. */
  readonly category: string | null;
  /** Columns sent to the model; null sends all but the label. */
  readonly inputs: readonly string[] | null;
  /** `correct` is 1 for the right answer and 0 otherwise; errors count against a model by the negative error. */
  readonly metric: 'correct' | 'absolute_error' | 'squared_error';
  /** How much worse than the baseline is still good enough, in the metric's unit, over 0. */
  readonly margin: number;
  /** The most that one case can lose or gain, in the metric's unit; left out where nobody knows. */
  readonly worst?: number;
  /** Most cases to run, drawn evenly over categories with `seed`; null for all. */
  readonly limit: number | null;
}

export interface EvaluateSpec extends BaseSpec {
  readonly kind: 'evaluate';
  readonly model: ModelRef;
  /** Path of a suite file below the project, without or with `.json`. */
  readonly suite: Suite | string;
  /** `production`: what the endpoint serves now; a model; null: judged alone. */
  readonly against: 'production' | ModelRef | null;
  /** Null means the pipeline's name. */
  readonly endpoint: string | null;
  readonly seed: number;
}

export interface ReplaySpec extends BaseSpec {
  readonly kind: 'replay';
  readonly model: ModelRef;
  readonly endpoint: string;
  /** How far back, milliseconds. */
  readonly last: number;
  /** Most requests to send, a sample stratified by route and outcome; all rare routes. */
  readonly limit: number;
  /** Times a request must fail on the candidate to count as a regression. */
  readonly confirm: number;
  /** Milliseconds a request may take. */
  readonly deadline: number;
  /** Share of stale requests (0 to 1) above which the gate is inconclusive. */
  readonly maxStale: number;
  readonly seed: number;
}

export interface ApprovalSpec {
  /** Milliseconds after which the question expires, fail closed. */
  readonly within: number;
  /** Milliseconds between looks at the candidate's health while it waits. */
  readonly recheck: number;
}

/** A gate's result as `deploy` takes it; reports say which candidate and baseline they measured. */
export interface Gate extends GateResult {
  readonly candidate?: string;
  readonly baseline?: string | null;
}

export interface DeploySpec extends BaseSpec {
  readonly kind: 'deploy';
  readonly endpoint: string;
  readonly model: Model;
  readonly gates: readonly Gate[];
  readonly approval: ApprovalSpec | 'none';
  readonly rollout: RolloutSpec;
  readonly onBusy: 'queue' | 'supersede' | 'reject';
}

export type StepSpec = ExtractSpec | JobSpec | EvaluateSpec | ReplaySpec | DeploySpec;

/** How many keys may fail: a count, or `{ ratio }` of all keys (0 to 1, itself included). */
export type Tolerance = number | { readonly ratio: number };

/** Whether so many failures of so many keys are few enough. */
export function isTolerated(tolerate: Tolerance | undefined, failed: number, total: number): boolean {
  if (tolerate === undefined || typeof tolerate === 'number') return failed <= (tolerate ?? 0);
  // The share is compared, not a count: 0.29 × 100 is a little under 29.
  return failed === 0 || failed / total <= tolerate.ratio;
}

/** A fan-out over keys; the bodies are code and travel beside it. */
export interface MapSpec {
  readonly name: string;
  readonly keys: readonly string[];
  readonly concurrency: number;
  /** Left out where the pipeline does not say. @default 0 */
  readonly tolerate?: Tolerance;
}

interface DeployEnd {
  readonly endpoint: string;
  /** Digest of the candidate. */
  readonly candidate: string;
  /** MLflow's version of the registered model; null where MLflow is off. */
  readonly version: string | null;
  readonly verdict: Verdict;
}

/** The candidate is the endpoint's stable version. */
export interface Deployed extends DeployEnd {
  readonly state: 'deployed';
  readonly decision: Decision;
  /** A remark, such as that it was the stable version already. */
  readonly reason: string | null;
}

/** A person said no. */
export interface Rejected extends DeployEnd {
  readonly state: 'rejected';
  readonly decision: Decision;
  readonly reason: string;
}

/** Nobody decided in time. */
export interface Expired extends DeployEnd {
  readonly state: 'expired';
  readonly decision: null;
  readonly reason: string;
}

/**
 * It was decided on, and is not on the endpoint all the same. `rolled-back`: traffic went back; `superseded`: another
 * candidate took its place; `withdrawn`: the rollout was called off.
 */
export interface NotKept extends DeployEnd {
  readonly state: 'rolled-back' | 'superseded' | 'withdrawn';
  readonly decision: Decision;
  readonly reason: string;
}

/** How a deploy ended. Nothing but `deployed` has moved traffic for good. */
export type DeployResult = Deployed | NotDeployed;
/** How a deploy ended that did not bring its candidate to traffic. */
export type NotDeployed = Rejected | Expired | NotKept;
