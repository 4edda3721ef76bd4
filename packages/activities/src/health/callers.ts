import type { CallerTraffic, VersionTraffic } from '@sluice/sdk';
import { binomialUpperTail } from '../statistics/binomial.ts';
import { type Counts, nothing, plus } from '../statistics/odds-evidence.ts';

/**
 * Requests of one caller stay together on one version, so a caller who always errs looks like a version that does. What
 * callers got from the stable version before the rollout tells the two apart.
 */
export interface Callers {
  /** Callers who were seen often enough before the rollout to be believed. */
  readonly known: readonly string[];
  /** Callers who erred then, by metric: their requests count for neither version. */
  readonly aside: Readonly<Record<CallerMetric, readonly string[]>>;
  /** What callers nobody knows did since their first event, by metric and version. */
  readonly used: Readonly<Record<CallerMetric, { readonly candidate: Used; readonly stable: Used }>>;
}

export const callerMetrics = ['errors', 'refused', 'aborted'] as const;
/** What is counted by caller. */
export type CallerMetric = (typeof callerMetrics)[number];

/** Null for one that is set aside from now on. */
type Used = Readonly<Record<string, Counts | null>>;

/** Requests before the rollout that make a caller known. */
const KNOWN = 10;
/** Events of one unknown caller that count for one version; worse by then, it counts for neither events nor requests. */
const ALLOWANCE = 2;
/** A caller is set aside when the record could be chance with less than this probability. */
const SURE = 0.001;
/** It is bad when its share is over so many times the others', and over so much more. */
const WORSE = { times: 2, more: 0.01 };

/** What the stable version's traffic before the rollout says of its callers. */
export function callersOf(record: VersionTraffic | null): Callers {
  const entries = Object.entries(record?.callers ?? {});
  const aside = (metric: CallerMetric) =>
    record === null ? [] : entries.filter(([, caller]) => isBad(metric, caller, record)).map(([name]) => name);
  const used = { candidate: {}, stable: {} };
  return {
    known: entries.filter(([, { requests, aborted }]) => requests + aborted >= KNOWN).map(([name]) => name),
    aside: { errors: aside('errors'), refused: aside('refused'), aborted: aside('aborted') },
    used: { errors: used, refused: used, aborted: used },
  };
}

/** A caller who sends most of the requests is never set aside: without it there would be nothing left to judge. */
function isBad(metric: CallerMetric, caller: CallerTraffic, record: VersionTraffic): boolean {
  const one = countsOf(metric, caller);
  const total = totalOf(metric, record);
  const others = { hits: total.hits - one.hits, of: total.of - one.of };
  if (one.hits < 2 || one.of > others.of) return false;
  const limit = limitOf(others);
  return one.hits > limit * one.of && binomialUpperTail(one.hits, one.of, limit) < SURE;
}

export interface Counted {
  readonly counts: Counts;
  readonly used: Used;
  /** Requests that were left out because nobody knows their callers, who had too many events. */
  readonly unproven: number;
}

/**
 * What of a version's traffic counts.
 *
 * @param usual the stable version's, by which an unknown caller is worse
 */
export function countable(
  metric: CallerMetric,
  traffic: VersionTraffic,
  callers: Callers,
  version: 'candidate' | 'stable',
  usual: Counts,
): Counted {
  let { hits, of } = totalOf(metric, traffic);
  let used = callers.used[metric][version];
  let unproven = 0;
  const aside = callers.aside[metric];
  for (const name in traffic.callers) {
    const caller = traffic.callers[name];
    if (caller === undefined) continue;
    const before = used[name];
    if (caller[metric] === 0 && before === undefined && aside.length === 0) continue;
    const one = countsOf(metric, caller);
    if (aside.includes(name)) {
      hits -= one.hits;
      of -= one.of;
    } else if (before === null) {
      hits -= one.hits;
      of -= one.of;
      unproven += one.of;
    } else if ((one.hits > 0 || before !== undefined) && !callers.known.includes(name)) {
      const sofar = plus(before ?? nothing, one);
      const allowed = Math.floor(ALLOWANCE + limitOf(usual) * sofar.of);
      const left = Math.max(0, sofar.hits - allowed);
      hits -= left;
      of -= left;
      unproven += left;
      used = { ...used, [name]: sofar.hits > allowed ? null : sofar };
    }
  }
  return { counts: { hits, of }, used, unproven };
}

/** The record without the callers who are set aside. */
export function recordCounts(metric: CallerMetric, record: VersionTraffic | null, callers: Callers): Counts {
  if (record === null) return nothing;
  const known = { ...callers, known: Object.keys(record.callers) };
  return countable(metric, record, known, 'stable', nothing).counts;
}

/** A share over this is worse than that of others. */
function limitOf(others: Counts): number {
  return (others.of === 0 ? 0 : (WORSE.times * others.hits) / others.of) + WORSE.more;
}

function totalOf(metric: CallerMetric, traffic: VersionTraffic): Counts {
  const { requests, errors, aborted, byStatus } = traffic;
  return countsOf(metric, { requests, errors, aborted, refused: byStatus['4xx'] ?? 0 });
}

/** Callers who gave up are counted apart from requests that were answered. */
function countsOf(metric: CallerMetric, caller: CallerTraffic): Counts {
  const of = metric === 'aborted' ? caller.requests + caller.aborted : caller.requests;
  return { hits: caller[metric], of };
}
