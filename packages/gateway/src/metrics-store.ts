import type {
  CaptureCounters,
  GatewayMetrics,
  GatewayMetricsQuery,
  GatewayShadowTraffic,
  ShadowAnswerCounters,
  VersionTraffic,
} from '@sluice/sdk';
import { type Bucket, mergeBucket } from './bucket.ts';
import type { CaptureReport, SeriesReport } from './ipc.ts';
import { summariseBuckets, summariseShadow } from './summarise.ts';

/** How long the buckets are kept, ms. */
export const METRICS_KEPT_MS = 15 * 60_000;
/** A clock that was set back by more than this starts the metrics anew, ms. */
const CLOCK_SET_BACK_MS = 60_000;

type Writable<Counters> = { -readonly [Key in keyof Counters]: number };
type Seconds = Map<number, Bucket>;

interface EndpointSeries {
  /** version → second → bucket. */
  versions: Map<string, Seconds>;
  shadow: Map<string, Seconds>;
  capture: Writable<CaptureCounters>;
  shadowAnswers: Writable<ShadowAnswerCounters>;
}

/** What a worker reports: everything it has counted up to `at` and not reported before. */
export interface TrafficReport {
  at: number;
  series: readonly SeriesReport[];
  captures: readonly CaptureReport[];
}

/**
 * The host's memory of the last 15 minutes, fed by whichever worker runs. A second that was once answered for never
 * changes again: what comes late for it counts in the first second that is still open, and so in no window twice.
 */
export class MetricsStore {
  readonly #endpoints = new Map<string, EndpointSeries>();
  /** Start of the first second that may still grow. */
  #open = 0;

  add({ at, series, captures }: TrafficReport): void {
    const open = secondOf(at);
    if (open < this.#open - CLOCK_SET_BACK_MS) this.#forget(open);
    for (const report of series) {
      const endpoint = this.#endpoint(report.endpoint);
      const byVersion = report.shadow ? endpoint.shadow : endpoint.versions;
      let seconds = byVersion.get(report.version);
      if (!seconds) {
        seconds = new Map();
        byVersion.set(report.version, seconds);
      }
      for (const bucket of report.buckets) this.#addBucket(seconds, bucket);
    }
    this.#open = Math.max(this.#open, open);
    for (const report of captures) {
      const { capture, shadowAnswers } = this.#endpoint(report.endpoint);
      if (report.shadow) {
        shadowAnswers.written += report.written;
        shadowAnswers.dropped += report.dropped;
        shadowAnswers.unkept += report.leftOut;
        continue;
      }
      capture.written += report.written;
      capture.dropped += report.dropped;
      capture.skipped += report.skipped;
      capture.leftOut += report.leftOut;
    }
  }

  /** Forgets what is older than {@link METRICS_KEPT_MS}. */
  prune(now: number): void {
    const oldest = secondOf(now - METRICS_KEPT_MS);
    for (const byVersion of this.#series()) {
      for (const [version, seconds] of byVersion) {
        for (const at of seconds.keys()) if (at < oldest) seconds.delete(at);
        if (seconds.size === 0) byVersion.delete(version);
      }
    }
  }

  /** Sums the whole seconds of a window that are complete. */
  summarise(name: string, versions: readonly string[], query: GatewayMetricsQuery, now: number): GatewayMetrics {
    const since = secondOf(Math.max(query.since ?? 0, now - METRICS_KEPT_MS));
    const until = Math.max(since, Math.min(secondOf(query.until ?? now), this.#open));
    const endpoint = this.#endpoint(name);
    const window = (seconds: Seconds | undefined) =>
      [...(seconds?.values() ?? [])].filter((bucket) => bucket.at >= since && bucket.at < until);
    const live: Record<string, VersionTraffic> = {};
    for (const id of new Set([...versions, ...endpoint.versions.keys()])) {
      live[id] = summariseBuckets(window(endpoint.versions.get(id)));
    }
    const shadow: Record<string, GatewayShadowTraffic> = {};
    for (const [id, seconds] of endpoint.shadow) shadow[id] = summariseShadow(window(seconds));
    const { capture, shadowAnswers } = endpoint;
    const counters = { capture: { ...capture }, shadowAnswers: { ...shadowAnswers } };
    return { endpoint: name, since, until, now, versions: live, shadow, ...counters };
  }

  #addBucket(seconds: Seconds, bucket: Bucket): void {
    const at = Math.max(bucket.at, this.#open);
    const known = seconds.get(at);
    if (known) mergeBucket(known, bucket);
    else seconds.set(at, { ...bucket, at });
  }

  #forget(open: number): void {
    for (const byVersion of this.#series()) byVersion.clear();
    this.#open = open;
  }

  #series(): Map<string, Seconds>[] {
    return [...this.#endpoints.values()].flatMap(({ versions, shadow }) => [versions, shadow]);
  }

  #endpoint(name: string): EndpointSeries {
    let endpoint = this.#endpoints.get(name);
    if (!endpoint) {
      endpoint = {
        versions: new Map(),
        shadow: new Map(),
        capture: { written: 0, dropped: 0, skipped: 0, leftOut: 0 },
        shadowAnswers: { written: 0, dropped: 0, unkept: 0 },
      };
      this.#endpoints.set(name, endpoint);
    }
    return endpoint;
  }
}

/** Did the version answer at all? An answer that is an error of its own shows nothing. */
export const showsLife = ({ buckets }: SeriesReport): boolean =>
  buckets.some(({ byStatus }) => Object.entries(byStatus).some(([statusClass, n]) => statusClass !== '5xx' && n > 0));

const secondOf = (ms: number): number => Math.floor(ms / 1000) * 1000;
