/**
 * What a target says of traffic: counts and histograms, never raw samples, so that any data plane can (the gateway by
 * its own counters, Envoy by Prometheus). Times are epoch ms by the data plane's clock, durations ms.
 */

/** Counts of durations by fixed, rising upper edges; the last count is for what is longer than the last edge. */
export interface Histogram {
  /** Upper edges in ms, inclusive. */
  readonly edges: readonly number[];
  /** One more than there are edges. */
  readonly counts: readonly number[];
}

/** What one version did in a window. `requests` = sum of `byStatus` + `transport` + `deadline`. */
export interface VersionTraffic {
  readonly requests: number;
  /** 5xx + `transport` + `deadline`. */
  readonly errors: number;
  /** Answers by class: `2xx`, `3xx`, `4xx`, `5xx`. */
  readonly byStatus: Readonly<Record<string, number>>;
  /** Refused, reset or broken answers. */
  readonly transport: number;
  /** No answer within the endpoint's deadlines. */
  readonly deadline: number;
  /** Callers that went away before their answer; not in `requests`. */
  readonly aborted: number;
  /** Of everything in `requests` but `transport`; a missed deadline counts with the time waited. */
  readonly latency: Histogram;
  /** The same requests by caller, for callers that say who they are; at most {@link CALLER_BUCKETS} entries. */
  readonly callers: Readonly<Record<string, CallerTraffic>>;
  readonly firstErrorAt: number | null;
}

/** A caller's sticky key is hashed into one of so many buckets. */
export const CALLER_BUCKETS = 256;

/** What one bucket of callers got from one version. */
export interface CallerTraffic {
  readonly requests: number;
  readonly errors: number;
  /** 4xx. */
  readonly refused: number;
  readonly aborted: number;
}

/** Copies of requests, whose answers nobody gets. */
export interface ShadowTraffic extends VersionTraffic {
  readonly comparison: {
    readonly compared: number;
    /** The caller's answer was good, the copy's was an error. */
    readonly worse: number;
  };
}

/** Relative shares by version id. */
export type Weights = Readonly<Record<string, number>>;

export interface Mirror {
  readonly version: string;
  /** Share of the requests that is copied, 0 to 100. */
  readonly percent: number;
  /** The answers to the copies are written down beside their requests. Left out: they go nowhere. */
  readonly keep?: true;
}

/**
 * A split that somebody has to keep watching: when nobody has renewed it for `ms`, the data plane sets `fallback` by
 * itself and turns the mirror off.
 */
export interface Lease {
  readonly ms: number;
  readonly fallback: Weights;
}

/** How a version's process is. Only `stopped` and `crashed` have no process. */
export type VersionStatus = 'starting' | 'ready' | 'unhealthy' | 'crashed' | 'stopped';

export interface VersionHealth {
  readonly id: string;
  readonly digest: string;
  readonly state: VersionStatus;
  /** How often it was started again after a crash. */
  readonly restarts: number;
  readonly lastError: string | null;
}

/** Traffic in a window and how things stand now. */
export interface Measurement {
  readonly now: number;
  /** What was really answered for: whole seconds, `since` inclusive, `until` exclusive. */
  readonly since: number;
  readonly until: number;
  readonly versions: Readonly<Record<string, VersionTraffic>>;
  readonly shadow: Readonly<Record<string, ShadowTraffic>>;
  /** By version id; a version that is not there is missing. */
  readonly states: Readonly<Record<string, VersionHealth>>;
  /** In force now; versions without traffic are missing. */
  readonly weights: Weights;
  readonly mirror: Mirror | null;
}
