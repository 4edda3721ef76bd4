/**
 * The gateway's wire types: what the admin API takes and answers. Types only.
 * Times are milliseconds since the epoch unless a field says ISO; durations are milliseconds.
 */

import type { CaptureSettings } from '@sluice/sdk';

export type { CaptureLine, CaptureSettings, Redaction } from '@sluice/sdk';

/** `starting` → `ready` ⇄ `unhealthy`; `crashed` while there is no process (see `nextStartAt`); `stopped` while it is being removed. */
export type VersionStatus = 'starting' | 'ready' | 'unhealthy' | 'crashed' | 'stopped';

/** What a version is: the command that serves one model. Immutable under its id. */
export interface VersionSpec {
  /** Digest of the model it serves; lands in every captured request. */
  digest: string;
  /** Program and arguments, run without a shell. `{port}`, `{host}` and `{model}` in an argument are replaced. */
  command: string[];
  /** Absolute working directory of the command. */
  cwd: string;
  /** Added to the host's environment. */
  env?: Record<string, string>;
  /** Given to the command as `SLUICE_MODEL` and for `{model}`. */
  modelPath: string;
  /** How long `GET /ping` may take to answer 200 for the first time, in ms. @default 60000 */
  readyTimeoutMs?: number;
}

export interface VersionState {
  id: string;
  digest: string;
  command: string[];
  cwd: string;
  modelPath: string;
  state: VersionStatus;
  pid: number | null;
  port: number | null;
  /** When the present process was started; null while there is none. */
  startedAt: number | null;
  /** How often it was started again after a crash. */
  restarts: number;
  /** Why it is not ready, or why it crashed last; null when it never failed. */
  lastError: string | null;
  /** When a crashed version is started again; null while it runs and when the gateway gave up (put it again to retry). */
  nextStartAt: number | null;
  logPath: string;
}

/** A version with the end of its log. */
export interface VersionDetail extends VersionState {
  /** The last 20 lines of stdout and stderr. */
  logTail: string[];
}

export interface Mirror {
  version: string;
  /** Share of the requests that is copied, 0 to 100. */
  percent: number;
}

export interface EndpointSpec {
  /** @default { percent: 100 } */
  capture?: CaptureSettings;
  /** Time a model server has for a whole answer, in ms. @default 30000 */
  deadlineMs?: number;
}

export interface EndpointState {
  name: string;
  /** Counts the changes of traffic; pass it as `ifGeneration` to change only what you have seen. */
  generation: number;
  versions: VersionState[];
  weights: Record<string, number>;
  mirror: Mirror | null;
  capture: CaptureSettings;
  deadlineMs: number;
}

export interface TrafficSpec {
  /** Relative shares; each must name a ready version unless it is 0. `{}` takes the endpoint off traffic. */
  weights: Record<string, number>;
  /** Left out: as it is. null: off. */
  mirror?: Mirror | null;
  /** Refuse with 409 unless the endpoint is at this generation. */
  ifGeneration?: number;
}

export interface LatencySummary {
  /** Answers that were timed. Deadlines count with the time waited; transport errors do not. */
  count: number;
  /** Milliseconds; null when nothing was timed. */
  p50: number | null;
  p90: number | null;
  p99: number | null;
  /** At most 2000 values in ascending order, evenly thinned: a fair sample for a rank test. */
  samples: number[];
}

/** `requests` = sum of `byStatus` + `transport` + `deadline`; `errors` = 5xx + `transport` + `deadline`. */
export interface VersionMetrics {
  requests: number;
  errors: number;
  /** Answers of the model server by class: `2xx`, `3xx`, `4xx`, `5xx`. */
  byStatus: Record<string, number>;
  /** Refused, reset or broken answers. */
  transport: number;
  /** No whole answer within the endpoint's deadline. */
  deadline: number;
  /** Callers that went away before their answer; not in `requests`. */
  aborted: number;
  latency: LatencySummary;
  firstErrorAt: number | null;
  lastErrorAt: number | null;
}

/** How a shadow's answers compare with the answers the callers got. */
export interface ShadowComparison {
  /** Pairs of answers compared. */
  compared: number;
  sameStatusClass: number;
  /** Same status class and the same bytes. */
  sameBody: number;
  /** The caller's answer was good, the shadow's was an error: what must stop a rollout. */
  worse: number;
  /** The caller's answer was an error, the shadow's was good. */
  better: number;
  /** Copies not sent because too many were in flight. */
  dropped: number;
}

export interface ShadowMetrics extends VersionMetrics {
  comparison: ShadowComparison;
}

export interface CaptureCounters {
  /** Requests written since the host started. */
  written: number;
  /** Requests that could not be written (disk full, queue full) since the host started. */
  dropped: number;
  /** Requests left out because they were larger than the buffer, since the host started. */
  skipped: number;
  /** Requests written without their body, which had to be redacted and could not be read. */
  leftOut: number;
}

export interface EndpointMetrics {
  endpoint: string;
  /** The window really answered for: whole seconds, at most the last 15 minutes. */
  since: number;
  until: number;
  now: number;
  versions: Record<string, VersionMetrics>;
  shadow: Record<string, ShadowMetrics>;
  capture: CaptureCounters;
}

export interface MetricsQuery {
  /** @default 15 minutes ago */
  since?: number;
  /** @default now */
  until?: number;
}

export interface PingResult {
  ok: boolean;
  status: number | null;
  latencyMs: number;
  error?: string;
}

export interface GatewayHealth {
  ok: boolean;
  worker: { pid: number | null; restarts: number };
  url: string;
}

/** The body of every answer that is not 2xx, on both ports. */
export interface ErrorBody {
  error: { code: string; message: string };
}
