import type { CaptureCounters, EndpointMetrics, MetricsQuery, ShadowMetrics, VersionMetrics } from './api.ts';
import { addComparison, type Bucket, earliest, emptyBucket, emptyComparison, latest, mergeBucket } from './bucket.ts';
import type { CaptureReport, SeriesReport } from './ipc.ts';
import { summariseLatency } from './latency.ts';

/** How long the buckets are kept, ms. */
export const METRICS_KEPT_MS = 15 * 60_000;

interface EndpointSeries {
  /** version → second → bucket; seconds in order of arrival, which is nearly ascending. */
  versions: Map<string, Map<number, Bucket>>;
  shadow: Map<string, Map<number, Bucket>>;
  capture: CaptureCounters;
}

/** The host's memory of the last 15 minutes, fed by whichever worker runs. */
export class MetricsStore {
  readonly #endpoints = new Map<string, EndpointSeries>();

  add(series: readonly SeriesReport[], captures: readonly CaptureReport[]): void {
    for (const report of series) {
      const endpoint = this.#endpoint(report.endpoint);
      const byVersion = report.shadow ? endpoint.shadow : endpoint.versions;
      let seconds = byVersion.get(report.version);
      if (!seconds) {
        seconds = new Map();
        byVersion.set(report.version, seconds);
      }
      for (const bucket of report.buckets) {
        const known = seconds.get(bucket.at);
        if (known) mergeBucket(known, bucket);
        else seconds.set(bucket.at, bucket);
      }
    }
    for (const report of captures) {
      const { capture } = this.#endpoint(report.endpoint);
      capture.written += report.written;
      capture.dropped += report.dropped;
      capture.skipped += report.skipped;
      capture.leftOut += report.leftOut;
    }
  }

  /** Forgets what is older than {@link METRICS_KEPT_MS}. */
  prune(now: number): void {
    for (const endpoint of this.#endpoints.values()) {
      for (const byVersion of [endpoint.versions, endpoint.shadow]) {
        for (const [version, seconds] of byVersion) {
          for (const at of seconds.keys()) if (at < now - METRICS_KEPT_MS) seconds.delete(at);
          if (seconds.size === 0) byVersion.delete(version);
        }
      }
    }
  }

  /** Sums the seconds that overlap the window: an error at its very edge is counted, never lost. */
  summarise(name: string, versions: readonly string[], query: MetricsQuery, now: number): EndpointMetrics {
    const since = Math.floor(Math.max(query.since ?? 0, now - METRICS_KEPT_MS) / 1000) * 1000;
    const until = Math.ceil(Math.min(query.until ?? now, now) / 1000) * 1000;
    const endpoint = this.#endpoint(name);
    const answer: EndpointMetrics = {
      endpoint: name,
      since,
      until,
      now,
      versions: {},
      shadow: {},
      capture: { ...endpoint.capture },
    };
    const window = (seconds: Map<number, Bucket> | undefined) =>
      [...(seconds?.values() ?? [])].filter((bucket) => bucket.at >= since && bucket.at < until);
    for (const id of new Set([...versions, ...endpoint.versions.keys()])) {
      answer.versions[id] = summariseBuckets(window(endpoint.versions.get(id)));
    }
    for (const [id, seconds] of endpoint.shadow) answer.shadow[id] = summariseShadow(window(seconds));
    return answer;
  }

  #endpoint(name: string): EndpointSeries {
    let endpoint = this.#endpoints.get(name);
    if (!endpoint) {
      endpoint = {
        versions: new Map(),
        shadow: new Map(),
        capture: { written: 0, dropped: 0, skipped: 0, leftOut: 0 },
      };
      this.#endpoints.set(name, endpoint);
    }
    return endpoint;
  }
}

function summariseBuckets(buckets: readonly Bucket[]): VersionMetrics {
  const total = emptyBucket(0);
  for (const bucket of buckets) {
    for (const [statusClass, n] of Object.entries(bucket.byStatus)) {
      total.byStatus[statusClass] = (total.byStatus[statusClass] ?? 0) + n;
    }
    total.transport += bucket.transport;
    total.deadline += bucket.deadline;
    total.aborted += bucket.aborted;
    total.firstErrorAt = earliest(total.firstErrorAt, bucket.firstErrorAt);
    total.lastErrorAt = latest(total.lastErrorAt, bucket.lastErrorAt);
  }
  const { byStatus, transport, deadline, aborted, firstErrorAt, lastErrorAt } = total;
  const answered = Object.values(byStatus).reduce((sum, n) => sum + n, 0);
  return {
    requests: answered + transport + deadline,
    errors: (byStatus['5xx'] ?? 0) + transport + deadline,
    byStatus,
    transport,
    deadline,
    aborted,
    latency: summariseLatency(buckets),
    firstErrorAt,
    lastErrorAt,
  };
}

function summariseShadow(buckets: readonly Bucket[]): ShadowMetrics {
  const comparison = emptyComparison();
  for (const bucket of buckets) if (bucket.comparison) addComparison(comparison, bucket.comparison);
  return { ...summariseBuckets(buckets), comparison };
}
