/**
 * The wire types of the gateway's admin API: what it takes and answers. The one contract of the gateway, its client and
 * the rollout activities. Times are epoch ms by the gateway's clock unless a field says ISO; durations are ms.
 */
import type { CaptureSettings } from './capture.ts';
import type { Lease, Mirror, ShadowTraffic, VersionHealth, VersionTraffic, Weights } from './traffic.ts';

/** What a version is: the command that serves one model. Immutable under its id. */
export interface GatewayVersionSpec {
  /** Digest of the model it serves; lands in every captured request. */
  readonly digest: string;
  /** Program and arguments, run without a shell. `{port}`, `{host}` and `{model}` in an argument are replaced. */
  readonly command: readonly string[];
  /** Absolute working directory of the command. */
  readonly cwd: string;
  /** Added to the environment of the command. */
  readonly env?: Readonly<Record<string, string>>;
  /** Given to the command as `SLUICE_MODEL` and for `{model}`. */
  readonly modelPath: string;
  /** How long `GET /ping` may take to answer 200 for the first time. @default 60000 */
  readonly readyTimeoutMs?: number;
}

/** `starting` → `ready` ⇄ `unhealthy`; `crashed` while there is no process (see `nextStartAt`); `stopped` while it is being removed. */
export interface GatewayVersion extends VersionHealth {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly modelPath: string;
  readonly pid: number | null;
  readonly port: number | null;
  /** When the present process was started; null while there is none. */
  readonly startedAt: number | null;
  /** When a crashed version is started again; null while it runs and when the gateway gave up (put it again to retry). */
  readonly nextStartAt: number | null;
  readonly logPath: string;
}

/** A version with the end of its log. */
export interface GatewayVersionDetail extends GatewayVersion {
  /** The last 20 lines of stdout and stderr. */
  readonly logTail: readonly string[];
}

/** What `PUT /endpoints/:e` takes; what is left out stays as it is. */
export interface GatewayEndpointSpec {
  /** @default { percent: 100 } */
  readonly capture?: CaptureSettings;
  /** Time a model server has from the last byte of a request to the first of its answer. @default 30000 */
  readonly deadlineMs?: number;
  /** Longest gap between two parts of an answer; one that goes on is never cut. @default 60000 */
  readonly idleMs?: number;
  /** Requests of one version under way at a time; more are refused with 503. @default 256 */
  readonly maxInFlight?: number;
}

/** A lease that is in force. */
export interface GatewayLease extends Lease {
  /** When the gateway goes back to `fallback` by itself unless it is renewed. */
  readonly expiresAt: number;
}

/** What the gateway did by itself when a lease ran out. */
export interface GatewayReversion {
  readonly at: number;
  readonly from: Weights;
  /** In force since; the same as `from` while the fallback has no process. */
  readonly to: Weights;
  /** Why it could not go back, or null when it did. */
  readonly note: string | null;
}

export interface GatewayEndpoint {
  readonly name: string;
  /** Counts the changes of traffic; pass it as `ifGeneration` to change only what you have seen. */
  readonly generation: number;
  readonly versions: readonly GatewayVersion[];
  readonly weights: Weights;
  readonly mirror: Mirror | null;
  readonly lease: GatewayLease | null;
  /** Until the next `PUT traffic`. */
  readonly reverted: GatewayReversion | null;
  /** False while the present state could not be saved: it is in force, but a restart would not know it. */
  readonly durable: boolean;
  readonly capture: CaptureSettings;
  readonly deadlineMs: number;
  readonly idleMs: number;
  readonly maxInFlight: number;
}

/** What `PUT /endpoints/:e/traffic` takes. */
export interface GatewayTrafficSpec {
  /** Relative shares; each must name a ready version unless it is 0. `{}` takes the endpoint off traffic. */
  readonly weights: Weights;
  /** Left out: as it is. null: off. */
  readonly mirror?: Mirror | null;
  /** Refuse with 409 unless the endpoint is at this generation. */
  readonly ifGeneration?: number;
  /** Left out or null: none is in force afterwards. */
  readonly lease?: Lease | null;
  /** Take any version that has a process, ready or not. */
  readonly unready?: 'allow';
}

/** What `POST /endpoints/:e/lease` takes. */
export interface GatewayRenewal {
  /** Refuse with 409 unless the endpoint is at this generation. */
  readonly generation?: number;
}

export interface GatewayShadowTraffic extends ShadowTraffic {
  readonly comparison: ShadowComparison;
}

/** How a shadow's answers compare with the answers the callers got. */
export interface ShadowComparison {
  /** Pairs of answers compared. */
  readonly compared: number;
  readonly sameStatusClass: number;
  /** Same status class and the same bytes. */
  readonly sameBody: number;
  /** The caller's answer was good, the shadow's was an error: what must stop a rollout. */
  readonly worse: number;
  /** The caller's answer was an error, the shadow's was good. */
  readonly better: number;
  /** Copies not sent because too many were in flight. */
  readonly dropped: number;
}

export interface CaptureCounters {
  /** Requests written since the host started. */
  readonly written: number;
  /** Requests that could not be written (disk full, queue full) since the host started. */
  readonly dropped: number;
  /** Requests left out because they were larger than the buffer, since the host started. */
  readonly skipped: number;
  /** Requests written without their body, which had to be redacted and could not be read. */
  readonly leftOut: number;
}

export interface GatewayMetrics {
  readonly endpoint: string;
  /** Whole seconds that are really answered for: `since` inclusive, `until` exclusive, at most the last 15 minutes. */
  readonly since: number;
  /** Ask with it as the next `since`, and no request is counted twice or missed. */
  readonly until: number;
  readonly now: number;
  readonly versions: Readonly<Record<string, VersionTraffic>>;
  readonly shadow: Readonly<Record<string, GatewayShadowTraffic>>;
  readonly capture: CaptureCounters;
  /** The same of answers of shadows that are kept. */
  readonly shadowAnswers: ShadowAnswerCounters;
}

/** What became of answers of shadows, where they are kept. */
export interface ShadowAnswerCounters {
  /** Answers written since the host started. */
  readonly written: number;
  /** Answers that could not be written since the host started. */
  readonly dropped: number;
  /** Answers that were not 2xx, too long or no predictions, since the host started: only that is written. */
  readonly unkept: number;
}

export interface GatewayMetricsQuery {
  /** Rounded down to a whole second. @default 15 minutes ago */
  readonly since?: number;
  /** Rounded down to the last second whose counts are complete. @default now */
  readonly until?: number;
}

/** Which captured requests are wanted; they come as lines of JSON, each a `CaptureLine`, newest first. */
export interface GatewayRequestsQuery {
  /** Epoch ms of arrival. @default everything kept */
  readonly since?: number;
  /** At most so many. @default no limit */
  readonly limit?: number;
}

export interface PingResult {
  readonly ok: boolean;
  readonly status: number | null;
  readonly latencyMs: number;
  readonly error?: string;
}

export interface GatewayHealth {
  readonly ok: boolean;
  readonly worker: { readonly pid: number | null; readonly restarts: number };
  readonly url: string;
}

/** The body of every answer that is not 2xx, on both ports. */
export interface GatewayErrorBody {
  readonly error: { readonly code: string; readonly message: string };
}
