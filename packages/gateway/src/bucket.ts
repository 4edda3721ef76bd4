import { CALLER_BUCKETS, type ShadowComparison } from '@sluice/sdk';
import { edgeOf, LATENCY_EDGES } from './latency-edges.ts';

/** One second of one version's traffic: counts only, so that parts of it merge by adding. */
export interface Bucket {
  /** Start of the second, ms since the epoch. */
  at: number;
  byStatus: Record<string, number>;
  transport: number;
  deadline: number;
  aborted: number;
  /** By the edges of {@link LATENCY_EDGES}. */
  latency: number[];
  /** {@link CALLER_FIELDS} numbers for each bucket of callers; empty while no caller said who it is. */
  callers: number[];
  firstErrorAt: number | null;
  comparison: Counts | null;
}

/** A comparison that is still counted. */
export type Counts = { -readonly [Key in keyof ShadowComparison]: number };

/** How a request ended, as the metrics see it. */
export type Outcome =
  | { kind: 'answered'; status: number; latencyMs: number }
  | { kind: 'transport' }
  | { kind: 'deadline'; latencyMs: number }
  | { kind: 'aborted' };

/** Requests, errors, refused (4xx), aborted. */
export const CALLER_FIELDS = 4;

export function emptyBucket(at: number): Bucket {
  return {
    at: Math.floor(at / 1000) * 1000,
    byStatus: {},
    transport: 0,
    deadline: 0,
    aborted: 0,
    latency: new Array<number>(LATENCY_EDGES.length + 1).fill(0),
    callers: [],
    firstErrorAt: null,
    comparison: null,
  };
}

export function emptyComparison(): Counts {
  return { compared: 0, sameStatusClass: 0, sameBody: 0, worse: 0, better: 0, dropped: 0 };
}

/** Counts one outcome that happened at `now`; `caller` is the bucket of the one who asked, if it said who it is. */
export function recordOutcome(bucket: Bucket, outcome: Outcome, now: number, caller: number | null): void {
  if (caller !== null) recordCaller(bucket, outcome, caller);
  if (outcome.kind === 'aborted') {
    bucket.aborted += 1;
    return;
  }
  if (outcome.kind === 'answered') {
    const statusClass = classOf(outcome.status);
    bucket.byStatus[statusClass] = (bucket.byStatus[statusClass] ?? 0) + 1;
  } else {
    bucket[outcome.kind] += 1;
  }
  if (outcome.kind !== 'transport') {
    const place = edgeOf(LATENCY_EDGES, outcome.latencyMs);
    bucket.latency[place] = (bucket.latency[place] ?? 0) + 1;
  }
  if (isError(outcome)) bucket.firstErrorAt ??= now;
}

/** 5xx, transport errors and deadlines are the version's errors; 4xx are the caller's. */
export function isError(outcome: Outcome): boolean {
  if (outcome.kind === 'answered') return outcome.status >= 500;
  return outcome.kind !== 'aborted';
}

export const classOf = (status: number): string => `${Math.floor(status / 100)}xx`;

/** Adds `more` to `into`: two parts of one second, reported apart. */
export function mergeBucket(into: Bucket, more: Bucket): void {
  for (const [statusClass, n] of Object.entries(more.byStatus)) {
    into.byStatus[statusClass] = (into.byStatus[statusClass] ?? 0) + n;
  }
  into.transport += more.transport;
  into.deadline += more.deadline;
  into.aborted += more.aborted;
  addCounts(into.latency, more.latency);
  addCounts(into.callers, more.callers);
  into.firstErrorAt = earliest(into.firstErrorAt, more.firstErrorAt);
  if (more.comparison) into.comparison = addComparison(into.comparison ?? emptyComparison(), more.comparison);
}

function recordCaller(bucket: Bucket, outcome: Outcome, caller: number): void {
  if (bucket.callers.length === 0) bucket.callers = new Array<number>(CALLER_BUCKETS * CALLER_FIELDS).fill(0);
  const add = (field: number) => {
    const place = caller * CALLER_FIELDS + field;
    bucket.callers[place] = (bucket.callers[place] ?? 0) + 1;
  };
  if (outcome.kind === 'aborted') {
    add(3);
    return;
  }
  add(0);
  if (isError(outcome)) add(1);
  if (outcome.kind === 'answered' && classOf(outcome.status) === '4xx') add(2);
}

function addCounts(into: number[], more: readonly number[]): void {
  for (let i = 0; i < more.length; i += 1) into[i] = (into[i] ?? 0) + (more[i] ?? 0);
}

function addComparison(into: Counts, more: Counts): Counts {
  for (const key of Object.keys(into) as (keyof Counts)[]) into[key] += more[key];
  return into;
}

const earliest = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.min(a, b);
