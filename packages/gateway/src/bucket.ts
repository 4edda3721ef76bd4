import type { ShadowComparison } from './api.ts';

/** One second of one version's traffic. */
export interface Bucket {
  /** Start of the second, ms since the epoch. */
  at: number;
  byStatus: Record<string, number>;
  transport: number;
  deadline: number;
  aborted: number;
  /** Answers that were timed; `samples` holds a uniform sample of them. */
  timed: number;
  samples: number[];
  firstErrorAt: number | null;
  lastErrorAt: number | null;
  comparison: ShadowComparison | null;
}

/** How a request ended, as the metrics see it. */
export type Outcome =
  | { kind: 'answered'; status: number; latencyMs: number }
  | { kind: 'transport' }
  | { kind: 'deadline'; latencyMs: number }
  | { kind: 'aborted' };

/** Latencies kept per bucket. */
export const RESERVOIR = 200;

export function emptyBucket(at: number): Bucket {
  return {
    at: Math.floor(at / 1000) * 1000,
    byStatus: {},
    transport: 0,
    deadline: 0,
    aborted: 0,
    timed: 0,
    samples: [],
    firstErrorAt: null,
    lastErrorAt: null,
    comparison: null,
  };
}

export function emptyComparison(): ShadowComparison {
  return { compared: 0, sameStatusClass: 0, sameBody: 0, worse: 0, better: 0, dropped: 0 };
}

/** Counts one outcome that happened at `now`. */
export function recordOutcome(bucket: Bucket, outcome: Outcome, now: number): void {
  if (outcome.kind === 'aborted') {
    bucket.aborted += 1;
    return;
  }
  if (outcome.kind === 'answered') {
    const statusClass = `${Math.floor(outcome.status / 100)}xx`;
    bucket.byStatus[statusClass] = (bucket.byStatus[statusClass] ?? 0) + 1;
  } else {
    bucket[outcome.kind] += 1;
  }
  if (outcome.kind !== 'transport') addSample(bucket, outcome.latencyMs);
  if (isError(outcome)) {
    bucket.firstErrorAt ??= now;
    bucket.lastErrorAt = now;
  }
}

/** 5xx, transport errors and deadlines are the version's errors; 4xx are the caller's. */
export function isError(outcome: Outcome): boolean {
  if (outcome.kind === 'answered') return outcome.status >= 500;
  return outcome.kind !== 'aborted';
}

/** Algorithm R: every timed answer has the same chance to be among the samples. */
function addSample(bucket: Bucket, latencyMs: number): void {
  const value = Math.round(latencyMs * 1000) / 1000;
  bucket.timed += 1;
  if (bucket.samples.length < RESERVOIR) {
    bucket.samples.push(value);
    return;
  }
  const place = Math.floor(Math.random() * bucket.timed);
  if (place < RESERVOIR) bucket.samples[place] = value;
}

/** Adds `more` to `into`: two parts of one second, reported apart. */
export function mergeBucket(into: Bucket, more: Bucket): void {
  into.samples = mergeReservoirs(into, more);
  into.timed += more.timed;
  for (const [statusClass, n] of Object.entries(more.byStatus)) {
    into.byStatus[statusClass] = (into.byStatus[statusClass] ?? 0) + n;
  }
  into.transport += more.transport;
  into.deadline += more.deadline;
  into.aborted += more.aborted;
  into.firstErrorAt = earliest(into.firstErrorAt, more.firstErrorAt);
  into.lastErrorAt = latest(into.lastErrorAt, more.lastErrorAt);
  if (more.comparison) into.comparison = addComparison(into.comparison ?? emptyComparison(), more.comparison);
}

/** Draws from both samples in proportion to the answers each stands for. */
function mergeReservoirs(a: Bucket, b: Bucket): number[] {
  if (a.samples.length + b.samples.length <= RESERVOIR) return [...a.samples, ...b.samples];
  const left = [...a.samples];
  const right = [...b.samples];
  const merged: number[] = [];
  while (merged.length < RESERVOIR && (left.length > 0 || right.length > 0)) {
    const fromLeft = right.length === 0 || (left.length > 0 && Math.random() * (a.timed + b.timed) < a.timed);
    const from = fromLeft ? left : right;
    const [value] = from.splice(Math.floor(Math.random() * from.length), 1);
    if (value !== undefined) merged.push(value);
  }
  return merged;
}

export function addComparison(into: ShadowComparison, more: ShadowComparison): ShadowComparison {
  for (const key of Object.keys(into) as (keyof ShadowComparison)[]) into[key] += more[key];
  return into;
}

export const earliest = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.min(a, b);
export const latest = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.max(a, b);
