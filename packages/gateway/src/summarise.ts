import type { CallerTraffic, GatewayShadowTraffic, VersionTraffic } from '@sluice/sdk';
import { type Bucket, CALLER_FIELDS, emptyBucket, emptyComparison, mergeBucket } from './bucket.ts';
import { LATENCY_EDGES } from './latency-edges.ts';

/** Several seconds of a version as one. */
export function summariseBuckets(buckets: Iterable<Bucket>): VersionTraffic {
  return trafficOf(sum(buckets));
}

/** Several seconds of a shadow as one. */
export function summariseShadow(buckets: Iterable<Bucket>): GatewayShadowTraffic {
  const total = sum(buckets);
  return { ...trafficOf(total), comparison: total.comparison ?? emptyComparison() };
}

function sum(buckets: Iterable<Bucket>): Bucket {
  const total = emptyBucket(0);
  for (const bucket of buckets) mergeBucket(total, bucket);
  return total;
}

function trafficOf({ byStatus, transport, deadline, aborted, latency, callers, firstErrorAt }: Bucket): VersionTraffic {
  const answered = Object.values(byStatus).reduce((total, n) => total + n, 0);
  return {
    requests: answered + transport + deadline,
    errors: (byStatus['5xx'] ?? 0) + transport + deadline,
    byStatus,
    transport,
    deadline,
    aborted,
    latency: { edges: LATENCY_EDGES, counts: latency },
    callers: callersOf(callers),
    firstErrorAt,
  };
}

function callersOf(counts: readonly number[]): Record<string, CallerTraffic> {
  const callers: Record<string, CallerTraffic> = {};
  for (let i = 0; i < counts.length; i += CALLER_FIELDS) {
    const [requests = 0, errors = 0, refused = 0, aborted = 0] = counts.slice(i, i + CALLER_FIELDS);
    if (requests + aborted > 0) callers[String(i / CALLER_FIELDS)] = { requests, errors, refused, aborted };
  }
  return callers;
}
