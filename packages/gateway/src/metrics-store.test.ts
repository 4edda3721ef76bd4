import { expect, test } from 'vitest';
import { emptyBucket, recordOutcome } from './bucket.ts';
import { METRICS_KEPT_MS, MetricsStore, type TrafficReport } from './metrics-store.ts';

/** What a worker reports at `at`: one good answer at each of these times. */
function report(at: number, ...answeredAt: number[]): TrafficReport {
  const buckets = answeredAt.map((time) => {
    const bucket = emptyBucket(time);
    recordOutcome(bucket, { kind: 'answered', status: 200, latencyMs: 1 }, time, null);
    return bucket;
  });
  return { at, series: [{ endpoint: 'digits', version: 'v1', shadow: false, buckets }], captures: [] };
}

const T = 1_700_000_000_000;
const requests = (store: MetricsStore, since: number, now: number, until?: number) => {
  const metrics = store.summarise('digits', ['v1'], { since, ...(until === undefined ? {} : { until }) }, now);
  return { since: metrics.since - T, until: metrics.until - T, requests: metrics.versions.v1?.requests };
};

test('a window ends with the last whole second that the worker has reported', () => {
  const store = new MetricsStore();
  store.add(report(T + 2_250, T + 100, T + 1_900, T + 2_100));
  expect(requests(store, T + 300, T + 2_400)).toEqual({ since: 0, until: 2_000, requests: 2 });
  // The second goes on, but what is asked for is over.
  expect(requests(store, T, T + 2_400, T + 1_700)).toEqual({ since: 0, until: 1_000, requests: 1 });
  // A worker that is silent keeps the window from growing.
  expect(requests(store, T, T + 9_000)).toEqual({ since: 0, until: 2_000, requests: 2 });
});

test('windows that follow each other count every request once, whenever it is asked and reported', () => {
  const store = new MetricsStore();
  let sent = 0;
  let seen = 0;
  let since = T;
  for (let at = T; at < T + 60_000; at += 250) {
    // Answers of the last quarter of a second; some are a second late, as from a clock that was set back a little.
    const times = Array.from({ length: (at / 250) % 4 }, (_, i) => at - i * 61 - (at % 3_000 === 0 ? 1_000 : 0));
    sent += times.length;
    store.add(report(at, ...times.filter((time) => time >= T)));
    sent -= times.filter((time) => time < T).length;
    if (at % 700 !== 0) continue;
    const window = store.summarise('digits', ['v1'], { since }, at);
    expect(window.since).toBe(since);
    seen += window.versions.v1?.requests ?? 0;
    since = window.until;
  }
  store.add(report(T + 62_000));
  seen += store.summarise('digits', ['v1'], { since }, T + 62_000).versions.v1?.requests ?? 0;
  expect(seen).toBe(sent);
  expect(sent).toBeGreaterThan(200);
});

test('a clock that was set back by an hour starts anew instead of standing still for an hour', () => {
  const store = new MetricsStore();
  store.add(report(T + 3_600_000, T + 3_599_000));
  store.add(report(T + 250, T + 100));
  store.add(report(T + 1_250, T + 1_100));
  expect(requests(store, T, T + 1_300)).toEqual({ since: 0, until: 1_000, requests: 1 });
});

test('15 minutes are kept, and a version that answers no more is forgotten', () => {
  const store = new MetricsStore();
  store.add(report(T + 2_000, T));
  store.prune(T + METRICS_KEPT_MS);
  expect(requests(store, 0, T + METRICS_KEPT_MS - 1, T + 1_000)).toMatchObject({ requests: 1 });
  store.prune(T + METRICS_KEPT_MS + 1_000);
  expect(store.summarise('digits', [], {}, T + METRICS_KEPT_MS).versions).toEqual({});
});
