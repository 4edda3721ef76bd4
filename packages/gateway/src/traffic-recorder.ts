import { type Bucket, type Counts, emptyBucket, emptyComparison, type Outcome, recordOutcome } from './bucket.ts';
import type { SeriesReport } from './ipc.ts';

/** The proxy's counters since its last report to the host. */
export class TrafficRecorder {
  #series = new Map<string, SeriesReport>();

  /** `caller` is the bucket of who asked, null when it did not say who it is. */
  record(endpoint: string, version: string, shadow: boolean, outcome: Outcome, caller: number | null): void {
    const now = Date.now();
    recordOutcome(this.#bucket(endpoint, version, shadow, now), outcome, now, caller);
  }

  compare(endpoint: string, version: string, count: (comparison: Counts) => void): void {
    const bucket = this.#bucket(endpoint, version, true, Date.now());
    bucket.comparison ??= emptyComparison();
    count(bucket.comparison);
  }

  /** Hands over everything recorded since the last call. */
  take(): { at: number; series: SeriesReport[] } {
    const series = [...this.#series.values()];
    this.#series = new Map();
    return { at: Date.now(), series };
  }

  #bucket(endpoint: string, version: string, shadow: boolean, now: number): Bucket {
    const key = `${shadow ? 's' : 'v'}/${endpoint}/${version}`;
    let series = this.#series.get(key);
    if (!series) {
      series = { endpoint, version, shadow, buckets: [] };
      this.#series.set(key, series);
    }
    let bucket = series.buckets.at(-1);
    if (!bucket || now < bucket.at || now >= bucket.at + 1000) {
      bucket = emptyBucket(now);
      series.buckets.push(bucket);
    }
    return bucket;
  }
}
