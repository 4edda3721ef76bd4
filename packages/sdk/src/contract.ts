/**
 * The border between workflow code and activities: what each activity takes and gives, as plain data. Workflows
 * import these types only; `@sluice/activities` implements them. Every activity is safe to run twice.
 */
import type { Artifact, Json, Model, StepOutput } from './artifact.ts';
import type { Candidate, RolloutOutcome, RolloutRequest, RolloutState, ShadowOutcome } from './candidate.ts';
import type { Decision, DecisionKind, DecisionSubject } from './decision.ts';
import type { Ledger, Observation, RolloutAnswer } from './endpoint.ts';
import type { RolloutSpec } from './rollout.ts';
import type { ShadowChecks } from './shadow.ts';
import type { ResultOf } from './spec.ts';
import type { JobSpec } from './steps/job.ts';
import type { SpecOf, WorkKind } from './steps/kinds.ts';
import type { Lease, Mirror, Weights } from './traffic.ts';
import type { Evidence, GateResult, Verdict } from './verdict.ts';

/** Which piece of work: the key of everything that is made outside. Never a Temporal run id: resets change those. */
export interface StepRef {
  readonly workflowId: string;
  readonly pipeline: string;
  readonly step: string;
  readonly name: string;
  readonly keys: Readonly<Record<string, string>>;
}

/** What a run needs to know of its project; read once at its start and kept in its history. */
export interface Settings {
  readonly project: string;
  readonly defaultClass: string;
  readonly classes: Readonly<Record<string, ClassSettings>>;
  readonly approvers: {
    readonly names: readonly string[] | null;
    readonly selfApproval: boolean;
    readonly oidc: boolean;
  };
  /** Endpoint names of the config. */
  readonly endpoints: readonly string[];
  readonly mlflow: boolean;
  readonly notify: boolean;
  readonly links: { readonly mlflow: string | null; readonly temporal: string | null };
  /** Whether workers write the report of a run. Runs that began before they did have none. @default false */
  readonly reports?: boolean;
  /** Commit of the worker's checkout; null where it is not a git checkout. */
  readonly commit: string | null;
  readonly dirty: boolean | null;
}

export interface ClassSettings {
  readonly taskQueue: string;
  readonly gpus: number;
  readonly interruptible: boolean;
  readonly fallback: string | null;
  readonly price: Price | null;
}

export interface Price {
  readonly perHour: number;
  readonly currency: string;
  readonly source: string;
  readonly at: string;
}

export interface JobInput {
  readonly ref: StepRef;
  readonly spec: JobSpec;
  /** From 1, over all reasons to try again. */
  readonly attempt: number;
  /** The workflow's clock when this attempt was dispatched, in ms: orders claims on the checkpoint line. */
  readonly order: number;
  readonly class: string;
  readonly gpus: number;
  readonly interruptible: boolean;
  /** MLflow run of the whole Sluice run; null where MLflow is off. */
  readonly parentRunId: string | null;
}

/** How one attempt went. Heartbeats carry it as it grows, so it is known even of an attempt whose worker vanished. */
export interface AttemptProgress {
  readonly machine: string;
  readonly pid: number;
  /** Epoch ms of this report. */
  readonly at: number;
  /** Epoch ms when the activity began. */
  readonly startedAt: number;
  /** Step of the checkpoint it resumed from; null when it began at the beginning. */
  readonly resumedFrom: number | null;
  /** Highest step the trainer has told of. */
  readonly step: number | null;
  readonly total: number | null;
  /** Steps a second, over the last minute. */
  readonly rate: number | null;
  /** Newest committed checkpoint's step. */
  readonly checkpoint: number | null;
  /** Epoch ms when that step was reached: what came after it is lost when the attempt dies. */
  readonly checkpointAt: number | null;
  readonly metrics: Readonly<Record<string, number>>;
  /** Time from the start of the activity until the trainer was started with its checkpoint in place, ms. */
  readonly restoreMs: number | null;
}

/** When an activity ran, epoch ms of its machine's clock; a step's result does not keep it. */
export interface Ran {
  readonly ran?: Pick<AttemptProgress, 'startedAt' | 'at'>;
}

export type AttemptEnd =
  | 'done'
  | 'preempted'
  | 'worker-lost'
  | 'failed'
  | 'out-of-memory'
  | 'stalled'
  | 'timeout'
  | 'cancelled'
  | 'fenced'
  | 'infrastructure';

/** One line of a job's record, as `sluice status` prints it. */
export interface AttemptRecord {
  readonly attempt: number;
  readonly class: string;
  readonly gpus: number;
  readonly price: Price | null;
  readonly machine: string | null;
  /** Epoch ms, the workflow's clock. */
  readonly start: number;
  readonly end: number;
  readonly ended: AttemptEnd;
  readonly code: string | null;
  readonly message: string | null;
  readonly resumedFrom: number | null;
  readonly lastStep: number | null;
  readonly checkpoint: number | null;
  /** Steps done after the last committed checkpoint, so done again; 0 for a finished attempt. */
  readonly stepsLost: number;
  /** Seconds of work that were lost with them. */
  readonly secondsLost: number;
  /** Seconds on the machine. */
  readonly seconds: number;
}

export interface JobOutcome {
  readonly result: Model | StepOutput;
  readonly progress: AttemptProgress;
}

/** Details of a job's `ApplicationFailure`. */
export interface JobFailure {
  readonly progress: AttemptProgress | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Last lines of the job's stderr. */
  readonly tail: readonly string[];
}

export interface WatchInput {
  readonly endpoint: string;
  readonly candidate: string;
  readonly stable: string | null;
  readonly spec: RolloutSpec;
  /** Name of the phase, for heartbeats and evidence. */
  readonly phase: string;
  /** Epoch ms when the phase began: nothing before it is counted. */
  readonly since: number;
  /** Epoch ms until which the phase was watched before it was given more time; left out: not yet. */
  readonly watchedUntil?: number;
  /** Least time in the phase, ms. */
  readonly hold: number;
  /** Most extra time while inconclusive, ms. */
  readonly extend: number;
  /** What has to be in force in this phase; anything else ends it with `moved`. */
  readonly weights: Weights;
  /** Restarts of the candidate's process when it was found ready, before it had traffic; null where nobody saw. */
  readonly restarts: number | null;
  /** What the watchers of earlier phases of this rollout learned: errors are spent over the whole rollout. Null at first. */
  readonly memory: Json | null;
}

export interface WatchOutcome {
  readonly verdict: Verdict;
  readonly evidence: readonly Evidence[];
  readonly firstBadAt: number | null;
  readonly reason: string | null;
  /** For the watcher of the next phase; a few kilobytes at most. */
  readonly memory: Json | null;
  /** Traffic is no longer what this phase set: somebody else moved it, or its lease ran out. */
  readonly moved: boolean;
}

/** Which of a shadow's answers are judged: those that were whole from `since` on and before `until`, epoch ms. */
export interface ShadowInput {
  readonly endpoint: string;
  readonly candidate: Candidate;
  readonly checks: ShadowChecks;
  readonly since: number;
  readonly until: number;
  /** Fewest requests with rows for a verdict; fewer is `inconclusive`. */
  readonly least: number;
  /** Time between renewals of the phase's lease while they are judged, ms. */
  readonly renew: number;
}

/** How the candidate is, apart from its gates. */
export interface CandidateHealth extends GateResult {
  /** Digest of the endpoint's stable version as it was seen, null for an empty endpoint; left out where nobody saw. */
  readonly production?: string | null;
}

/** What a sealed token was given for: one decision, or the start of one run. */
export type TokenPurpose =
  | ({ readonly for: DecisionKind } & DecisionSubject)
  | { readonly for: 'start'; readonly run: string };

export interface ReadyOutcome {
  readonly ready: boolean;
  readonly reason: string | null;
  /** Restarts of its process when it was found ready: one more is a crash. Null where it is not ready. */
  readonly restarts: number | null;
}

/** A report of a run that a worker has written. */
export interface WrittenReport {
  /** Epoch ms: it tells how the run stood then. */
  readonly at: number;
  /** The page in the artifact store. */
  readonly artifact: Artifact;
  /** Address of MLflow's page that shows it; null where it is not attached there. */
  readonly page: string | null;
  /** Why it is not attached, though the run has a run in MLflow; null where nothing is wrong. */
  readonly warning: string | null;
}

/** What the work of a step that is no job is handed. */
export interface WorkInput<Spec = SpecOf<WorkKind>> {
  readonly ref: StepRef;
  readonly spec: Spec;
  /** MLflow run of the whole Sluice run; null where MLflow is off. */
  readonly parentRunId: string | null;
}

/** Work of steps that are no jobs, by their kinds. */
export type WorkActivities = {
  readonly [K in WorkKind]: (input: WorkInput<SpecOf<K>>) => Promise<ResultOf<SpecOf<K>> & Ran>;
};

/** The activities. Names are Temporal activity types. */
export interface SluiceActivities extends WorkActivities {
  settings(): Promise<Settings>;
  /** Makes or finds the MLflow run that stands for this Sluice run; null where MLflow is off. */
  openRun(input: {
    readonly workflowId: string;
    readonly pipeline: string;
    readonly params: Json;
  }): Promise<string | null>;
  /** Ends that MLflow run. */
  closeRun(input: { readonly runId: string; readonly state: string }): Promise<void>;
  train(input: JobInput): Promise<JobOutcome>;
  merge(input: JobInput): Promise<JobOutcome>;
  step(input: JobInput): Promise<JobOutcome>;
  /** Makes or finds the registered model version with its lineage, and sets the alias `candidate`. */
  registerCandidate(input: {
    readonly ref: StepRef;
    readonly endpoint: string;
    readonly model: Model;
    readonly gates: readonly GateResult[];
    readonly commit: string | null;
    readonly dirty: boolean | null;
  }): Promise<Candidate>;
  /** Is the candidate whole, does it answer, and is production still what the evidence was measured against? */
  checkCandidate(input: {
    readonly ref: StepRef;
    readonly endpoint: string;
    readonly candidate: Candidate;
    /** Baselines the gates name; null in it means that the endpoint was empty. Empty list: nothing to compare. */
    readonly baselines: readonly (string | null)[];
  }): Promise<CandidateHealth>;
  /** Who a sealed token says its bearer is, if it was given for this purpose. @throws SluiceError `DecisionRefused` */
  identify(input: {
    /** As it was sealed. */
    readonly token: string;
    readonly purpose: TokenPurpose;
    /** When it arrived, epoch ms: it must have been valid then. */
    readonly at: number;
  }): Promise<{ readonly by: string }>;
  /**
   * When the server took the `nth` signal (from 1) of a name for the calling workflow, epoch ms; null when there is none.
   * A workflow itself learns only when it was told.
   */
  signalTime(input: { readonly signal: string; readonly nth: number }): Promise<number | null>;
  /** Writes decision, evidence and both digests to the model version's tags and to a report. */
  recordDecision(input: {
    readonly ref: StepRef;
    readonly endpoint: string;
    readonly candidate: Candidate;
    readonly baseline: string | null;
    readonly verdict: Verdict;
    readonly evidence: readonly GateResult[];
    readonly decision: Decision | null;
    readonly state: string;
  }): Promise<Artifact>;
  notify(input: { readonly ref: StepRef; readonly notification: Notification }): Promise<void>;
  /** Where MLflow will show the report of the run that this MLflow run stands for; null where it cannot be attached. */
  placeReport(input: { readonly mlflowRunId: string }): Promise<string | null>;
  /** Writes the report of a run as it stands now, and attaches it to its MLflow run. */
  writeReport(input: { readonly workflowId: string; readonly mlflowRunId: string | null }): Promise<WrittenReport>;
  /** Hands a rollout to the endpoint's workflow, starting that when there is none. */
  requestRollout(input: { readonly request: RolloutRequest }): Promise<RolloutAnswer>;
  /** Takes a rollout back whose run was cancelled; an endpoint that does not know it is no error. */
  withdrawRollout(input: { readonly endpoint: string; readonly id: string }): Promise<void>;
  /** What the endpoint's workflow says of one rollout; null when it knows nothing of it. */
  rolloutOutcome(input: {
    readonly endpoint: string;
    readonly id: string;
  }): Promise<RolloutOutcome | 'under-way' | null>;

  // What the endpoint workflow uses; `endpoint` names the config's entry.
  startVersion(input: { readonly endpoint: string; readonly candidate: Candidate }): Promise<ReadyOutcome>;
  /** What target, ledger and registry show of an endpoint. */
  observeEndpoint(input: { readonly endpoint: string }): Promise<Observation>;
  /** Writes the ledger's next page; `conflict` when somebody else has written it. */
  saveLedger(input: {
    readonly endpoint: string;
    readonly seq: number;
    /** Whoever wrote a page may write it again. */
    readonly owner: string;
    readonly ledger: Ledger;
  }): Promise<{ readonly conflict: boolean }>;
  /**
   * Sets weights (percent per version id) and mirror, and reads them back. `refused` says why a version of them cannot
   * serve; `at` is when they were seen in force, epoch ms.
   */
  setTraffic(input: {
    readonly endpoint: string;
    readonly weights: Weights;
    readonly mirror: Mirror | null;
    /** Of a split that is watched; null for what may stay. */
    readonly lease: Lease | null;
    /** Versions that run serve even when they are not ready: for the way back. */
    readonly unready: boolean;
    /** What has to be in force before: anything else is refused, because somebody moved it or a lease ran out. Null: whatever. */
    readonly expect: { readonly weights: Weights; readonly mirror: Mirror | null } | null;
  }): Promise<{ readonly at: number; readonly refused: string | null }>;
  watchTraffic(input: WatchInput): Promise<WatchOutcome>;
  /** Judges what the candidate answered to mirrored requests. What cannot be judged is a verdict, and no error. */
  checkShadow(input: ShadowInput): Promise<ShadowOutcome>;
  stopVersion(input: { readonly endpoint: string; readonly id: string }): Promise<void>;
  /** Moves MLflow's aliases `production` and `previous`, or tags a version as rolled back. */
  markVersion(input: {
    readonly endpoint: string;
    readonly candidate: Candidate;
    /** What served before `deployed`, or what serves after any other end. */
    readonly previous: Candidate | null;
    /** Where a rollback would go from now on. */
    readonly former: Candidate | null;
    readonly state: RolloutState;
    readonly reason: string | null;
  }): Promise<void>;
  /** Answers the run that asked for a rollout; a run that is gone is no error. */
  replyToRun(input: { readonly workflowId: string; readonly outcome: RolloutOutcome }): Promise<void>;
}

/** Payload of a webhook; documented in `docs/notifications.md`. */
export interface Notification {
  readonly event:
    | 'awaiting-approval'
    | 'blocked'
    | 'decided'
    | 'expired'
    | 'deployed'
    | 'rolled-back'
    | 'failed'
    | 'alarm';
  readonly pipeline: string;
  readonly run: string;
  /** Path of the deploy step. */
  readonly step: string | null;
  /** Which question of the step it is about, from 1. */
  readonly round: number | null;
  readonly endpoint: string | null;
  readonly candidate: string | null;
  readonly verdict: Verdict | null;
  readonly text: string;
  readonly links: Readonly<Record<string, string>>;
  /** Commands that approve, override and reject. */
  readonly commands: readonly string[];
  readonly at: string;
}
