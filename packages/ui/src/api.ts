/**
 * What the pages of `sluice ui` ask the command for, as JSON over loopback. Times are epoch ms; absent numbers are null,
 * never 0. The server reads Temporal, the store, MLflow and the gateway for every answer and keeps nothing of its own.
 *
 * | path | answer |
 * |---|---|
 * | `GET /api/project` | {@link ProjectView} |
 * | `GET /api/runs?pipeline=&state=&text=&after=&limit=` | {@link RunsView} |
 * | `GET /api/run?id=&after=&limit=` | {@link RunView}; `after` and `limit` page its steps |
 * | `GET /api/step?run=&step=` | {@link StepView} |
 * | `GET /api/log?run=&step=&attempt=` | {@link LogView} |
 * | `GET /api/endpoints` | {@link EndpointsView} |
 * | `GET /api/endpoint?name=` | {@link EndpointView} |
 * | `GET /api/artifact?digest=` | {@link ArtifactView}; a prefix of at least 8 digits will do |
 * | `GET /api/live?run=` or `?endpoint=` or none | server-sent events, named by what they carry: `run` ({@link RunView}, its first page of steps), `endpoint` ({@link EndpointView}), `runs` ({@link RunsView}, the newest page), `trouble` ({@link Trouble}) while a server is away |
 *
 * Anything else that goes wrong answers with a status of 400, 404 or 502 and a {@link Trouble}.
 */
import type {
  Artifact,
  AttemptProgress,
  Column,
  EndpointState,
  Evidence,
  Json,
  Lineage,
  RunState,
  RunStatus,
  StepStatus,
  Verdict,
} from '@sluice/sdk';

/** An error of Sluice's, as the terminal shows it. */
export interface Trouble {
  readonly code: string;
  readonly message: string;
  readonly where: string | null;
  readonly fix: string | null;
}

export interface ProjectView {
  readonly project: string;
  readonly root: string;
  readonly version: string;
  readonly pipelines: readonly string[];
  readonly classes: readonly string[];
  /** Pages of others that are linked to; null where there is none. */
  readonly temporalUi: string | null;
  readonly mlflow: string | null;
}

export interface RunRow {
  /** Workflow id, `<pipeline>/<key>`. */
  readonly id: string;
  readonly pipeline: string;
  readonly state: RunState;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly by: string | null;
  /** Commit that it was started from, and whether the checkout had changes. */
  readonly commit: string | null;
  readonly dirty: boolean;
  readonly endpoint: string | null;
}

export interface RunsView {
  readonly runs: readonly RunRow[];
  /** `after` of the next page; null on the last. */
  readonly next: string | null;
  /** All that fit the filter, where Temporal counts them. */
  readonly total: number | null;
}

/** An artifact as it is named on other pages. */
export interface ArtifactLink {
  readonly name: string;
  readonly kind: Artifact['kind'];
  readonly digest: string;
  readonly bytes: number;
}

export interface Cost {
  /** Null: unknown, and `why` says it. */
  readonly amount: number | null;
  readonly lost: number | null;
  readonly currency: string | null;
  readonly why: string | null;
  readonly seconds: number;
  readonly secondsLost: number;
}

export interface PendingJobView {
  readonly step: string;
  readonly attempt: number;
  readonly started: boolean;
  readonly worker: string | null;
  readonly progress: AttemptProgress | null;
}

export interface RunView {
  readonly at: number;
  readonly row: RunRow;
  readonly status: RunStatus;
  readonly jobs: readonly PendingJobView[];
  /** The endpoint that this run's rollout moves; null while there is none. */
  readonly endpoint: EndpointState | null;
  readonly failure: { readonly code: string; readonly message: string; readonly tail: readonly string[] } | null;
  readonly params: Json;
  /** What the pipeline returned; null while it runs, or where it was too large to show. */
  readonly result: Json;
  readonly cost: Cost | null;
  /** Its page in Temporal's UI and in MLflow. */
  readonly temporalUrl: string | null;
  readonly mlflowUrl: string | null;
}

export interface Checkpoint {
  readonly step: number;
  readonly at: number | null;
  readonly bytes: number;
  readonly digest: string;
  readonly attempt: number | null;
}

export interface Series {
  readonly metric: string;
  /** `[training step, value]`, thinned to at most 1,000 points; peaks are kept. */
  readonly points: readonly (readonly [number, number])[];
}

export interface StepView {
  readonly run: RunRow;
  readonly status: StepStatus;
  /** What the step was asked for: its spec without the artifacts. */
  readonly spec: Json;
  readonly inputs: readonly ArtifactLink[];
  readonly outputs: readonly ArtifactLink[];
  /** Oldest first; those that are still kept. */
  readonly checkpoints: readonly Checkpoint[];
  /** From MLflow; empty where it is off or away, and then `trouble` says so. */
  readonly series: readonly Series[];
  /** All rows of its report, worst first. */
  readonly evidence: readonly Evidence[];
  readonly metrics: Readonly<Record<string, number>>;
  readonly mlflowUrl: string | null;
  readonly trouble: Trouble | null;
}

export interface LogView {
  readonly step: string;
  readonly attempt: number;
  readonly attempts: readonly number[];
  /** The last 2,000 lines. */
  readonly lines: readonly string[];
  readonly cut: boolean;
}

export interface EndpointsView {
  readonly endpoints: readonly EndpointState[];
}

/** Traffic of one version over time, oldest first. */
export interface TrafficSeries {
  readonly version: string;
  readonly points: readonly {
    readonly at: number;
    /** Percent of traffic that it was given; null where nobody kept it. */
    readonly share: number | null;
    readonly requests: number | null;
    readonly errors: number | null;
    /** Milliseconds. */
    readonly p50: number | null;
    readonly p95: number | null;
    /** Length of the window that `requests` and `errors` were counted in and that ends at `at`; null or left out: none. */
    readonly seconds?: number | null;
  }[];
}

export interface EndpointView {
  readonly at: number;
  readonly state: EndpointState;
  readonly url: string | null;
  readonly traffic: readonly TrafficSeries[];
  /** Workflow ids of runs that asked for its rollouts, by the rollout's id. */
  readonly runs: Readonly<Record<string, string>>;
  readonly temporalUrl: string | null;
  readonly trouble: Trouble | null;
}

/** Who made or used an artifact: a step of a run. */
export interface Use {
  readonly run: string;
  readonly step: string;
  readonly at: number | null;
  readonly commit: string | null;
}

export interface ColumnView extends Column {
  readonly nulls: number | null;
  readonly distinct: number | null;
  readonly min: number | string | null;
  readonly max: number | string | null;
  readonly mean: number | null;
  readonly sd: number | null;
  /** `edges` has one more than `counts`. */
  readonly histogram: { readonly edges: readonly number[]; readonly counts: readonly number[] } | null;
  readonly top: readonly { readonly value: string; readonly count: number }[] | null;
}

export interface ArtifactView {
  readonly link: ArtifactLink;
  readonly uri: string;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  readonly moreFiles: number;
  /** Of a dataset. */
  readonly rows: number | null;
  readonly columns: readonly ColumnView[];
  readonly checks: readonly Evidence[];
  readonly verdict: Verdict | null;
  /** Of a model. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly lineage: Lineage | null;
  readonly madeBy: readonly Use[];
  readonly usedBy: readonly Use[];
  /** What it was made from, and what was made from it, where the runs that were looked at tell. */
  readonly from: readonly ArtifactLink[];
  readonly into: readonly ArtifactLink[];
  /** Runs that were looked at to tell; older ones may know more. */
  readonly lookedAt: number;
}
