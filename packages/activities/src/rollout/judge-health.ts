import type { Evidence, HealthPolicy, Verdict } from '@sluice/sdk';
import { binomialUpperTail } from '../statistics/binomial.ts';
import { fisherExactGreater } from '../statistics/fisher-exact.ts';
import { hodgesLehmann } from '../statistics/hodges-lehmann.ts';
import { mannWhitneyGreater } from '../statistics/mann-whitney.ts';
import type { JudgedTraffic } from './judged-traffic.ts';

/**
 * How sure a failure must be, one-sided. Stricter than the usual 5 %, because a rollout is looked at many times, and
 * `consecutive` looks must agree.
 */
export const ALPHA = 0.01;
/** Milliseconds by which the median must grow before a factor of it counts: below that it is the scheduler's noise. */
export const LEAST_SHIFT = 5;

export interface HealthInput {
  readonly candidate: JudgedTraffic;
  /** Null where there is nothing to compare with. */
  readonly stable: JudgedTraffic | null;
  readonly policy: HealthPolicy;
  /** Where the stable version's numbers are from, when it is another time than the candidate's. */
  readonly stableNote?: string;
}

/**
 * Judges one window of traffic. A failure needs an exact test *and* a practical margin, at any number of requests;
 * a pass needs `minRequests`; in between it is inconclusive.
 */
export function judgeHealth(input: HealthInput): Evidence[] {
  const { comparison } = input.candidate;
  const rows = [errorRow(input), clientErrorRow(input), latencyRow(input)];
  if (comparison !== undefined) rows.push(shadowRow(comparison, input.policy));
  return rows.map((row) =>
    input.stableNote === undefined || row.baseline == null ? row : withNote(row, input.stableNote),
  );
}

/** Server errors: too many whatever the stable version does, or more than the stable version's by the margin. */
function errorRow({ candidate, stable, policy }: HealthInput): Evidence {
  const { requests: n, errors } = candidate;
  const share = shareOf(errors, n);
  const baseline = stable === null ? null : shareOf(stable.errors, stable.requests);
  const effect = share === null || baseline === null ? null : share - baseline;
  const tooMany = share !== null && share > policy.maxErrorRate;
  const more = effect !== null && effect > policy.errorMargin;
  const absolute = binomialUpperTail(errors, n, policy.maxErrorRate);
  const relative = stable === null ? 1 : fisherExactGreater(errors, n, stable.errors, stable.requests);
  const failed = (tooMany && absolute < ALPHA) || (more && relative < ALPHA);
  return {
    metric: 'error share',
    verdict: failed ? 'fail' : n < policy.minRequests || tooMany || more ? 'inconclusive' : 'pass',
    value: share,
    baseline,
    threshold: `≤ ${policy.maxErrorRate}${baseline === null ? '' : `, and ≤ stable + ${policy.errorMargin}`}`,
    effect,
    p: more ? Math.min(absolute, relative) : absolute,
    n,
    ...tooFew(n, policy),
  };
}

/**
 * 4xx are often the callers' fault, so only more of them than the stable version's count; a model that refuses what its
 * predecessor took (MLflow's server answers 400 when `predict` throws) shows here.
 */
function clientErrorRow({ candidate, stable, policy }: HealthInput): Evidence {
  const hits = candidate.byStatus['4xx'] ?? 0;
  const value = shareOf(hits, candidate.requests);
  const base = { metric: 'refused share (4xx)', value, n: candidate.requests };
  if (stable === null || stable.requests === 0 || value === null) {
    return { ...base, verdict: 'pass', baseline: null, note: 'not judged: nothing to compare with' };
  }
  const stableHits = stable.byStatus['4xx'] ?? 0;
  const effect = value - stableHits / stable.requests;
  const p = fisherExactGreater(hits, candidate.requests, stableHits, stable.requests);
  return {
    ...base,
    verdict: exceeds(effect > policy.errorMargin, p, candidate.requests, policy),
    baseline: stableHits / stable.requests,
    threshold: `≤ stable + ${policy.errorMargin}`,
    effect,
    p,
  };
}

/** Latency: the median beyond the factor, and a rank test that sees the shift. */
function latencyRow({ candidate, stable, policy }: HealthInput): Evidence {
  const x = candidate.latency.samples;
  const y = stable?.latency.samples ?? [];
  const base = { metric: 'median latency, ms', value: candidate.latency.p50, n: candidate.latency.count };
  const baseline = stable?.latency.p50 ?? null;
  if (x.length === 0 || y.length === 0 || base.value === null || baseline === null) {
    return { ...base, verdict: 'pass', baseline: null, note: 'not judged: nothing to compare with' };
  }
  const { estimate, interval } = hodgesLehmann(x, y);
  const { p } = mannWhitneyGreater(x, y);
  const slower = base.value > policy.latencyFactor * baseline && base.value - baseline > LEAST_SHIFT;
  return {
    ...base,
    verdict: exceeds(slower, p, base.n, policy),
    baseline,
    threshold: `≤ ${policy.latencyFactor} × stable`,
    effect: estimate,
    interval,
    p,
  };
}

/** Mirrored requests that the caller got answered well and the candidate did not. */
function shadowRow({ compared, worse }: { compared: number; worse: number }, policy: HealthPolicy): Evidence {
  const share = shareOf(worse, compared);
  const tooMany = share !== null && share > policy.errorMargin;
  const p = binomialUpperTail(worse, compared, policy.errorMargin);
  return {
    metric: 'mirrored requests that only the stable version answers',
    verdict: tooMany && p < ALPHA ? 'fail' : compared < policy.minRequests || tooMany ? 'inconclusive' : 'pass',
    value: share,
    threshold: `≤ ${policy.errorMargin}`,
    p,
    n: compared,
    ...tooFew(compared, policy),
  };
}

function exceeds(tooMuch: boolean, p: number, n: number, policy: HealthPolicy): Verdict {
  if (tooMuch && p < ALPHA) return 'fail';
  return tooMuch || n < policy.minRequests ? 'inconclusive' : 'pass';
}

function shareOf(count: number, n: number): number | null {
  return n === 0 ? null : count / n;
}

function tooFew(n: number, policy: HealthPolicy): { note?: string } {
  return n < policy.minRequests ? { note: `${n} of the ${policy.minRequests} requests that a verdict needs` } : {};
}

function withNote(row: Evidence, note: string): Evidence {
  return { ...row, note: row.note === undefined ? note : `${row.note}; ${note}` };
}
