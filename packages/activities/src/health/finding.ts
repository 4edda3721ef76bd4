import type { HealthPolicy, Verdict } from '@sluice/sdk';
import type { Counts } from '../statistics/odds-evidence.ts';
import { capital } from './bets.ts';
import type { JudgeMemory, Metric, MetricMemory } from './memory.ts';
import { standingEvidence } from './standing.ts';

/**
 * How often an endpoint whose versions are alike may be taken for one whose are not, over all looks of a whole rollout:
 * 1 % in all, shared out by how few events there are to tell by. Half of each is for the comparison of the same
 * seconds, half for the comparison with the record.
 */
export const ALPHA: Readonly<Record<Metric, number>> = {
  errors: 0.007,
  refused: 0.001,
  aborted: 0.0006,
  p50: 0.0004,
  p95: 0.0004,
  p99: 0.0004,
  worse: 0.0002,
};
/** What is sure against the record must be so many times likelier in the same seconds, too: the world may have moved. */
export const SECONDED = 2.5;
/** What is so many times less than sure is no pass. */
const SUSPECT = 20;
/** Candidate requests without one of the stable version's beside so many of them leave nothing to compare in the same seconds. */
const ALONE = 50;

/** What the judge found out about one metric. */
export interface Finding {
  readonly metric: Metric;
  readonly verdict: Verdict;
  readonly suspected: boolean;
  /** Candidate's share less the stable version's, since it is worse if it is. */
  readonly excess: number | null;
  readonly margin: number;
  /** Always-valid p-value: however often one looks, it falls below α with probability α at most. */
  readonly p: number;
  /** First event since then, epoch ms; of errors the first one of all, exactly. */
  readonly since: number | null;
  /** Judged by `maxErrorRate`, for lack of anything to compare with. */
  readonly absolute: boolean;
  readonly note: string | null;
}

export function findingOf(metric: Metric, memory: JudgeMemory, policy: HealthPolicy): Finding {
  const of = memory.metrics[metric];
  const margin = marginOf(metric, memory, policy);
  const reference = of.record.of + of.stable.of;
  const absolute = metric === 'errors' && reference < policy.minRequests;
  const found = absolute ? againstLimit(of, memory, policy) : againstStable(metric, of, margin);
  const tooFew = metric === 'errors' ? shortage(of, policy) : null;
  const unproven = of.phase.unproven > 0 && of.phase.candidate.of < policy.minRequests;
  const suspected = found.suspected || unproven;
  const since = metric === 'errors' ? memory.firstErrorAt : found.since;
  return {
    metric,
    margin,
    absolute,
    ...found,
    since,
    suspected,
    verdict: found.sure ? 'fail' : suspected || tooFew !== null ? 'inconclusive' : 'pass',
    note: unproven ? `${of.phase.unproven} requests of callers nobody knows do not count` : tooFew,
  };
}

interface Found {
  readonly sure: boolean;
  readonly suspected: boolean;
  readonly excess: number | null;
  readonly p: number;
  readonly since: number | null;
}

/** Worse than the stable version: surely so in the same seconds, or by the record and likely so in the same seconds. */
function againstStable(metric: Metric, of: MetricMemory, margin: number): Found {
  const concurrent = capital(of.concurrent.bets);
  const p = Math.min(1, 1 / concurrent);
  // With the same seconds speaking for the candidate nothing else can condemn it.
  if (of.candidate.hits === 0 || (concurrent < 1 && of.stable.of * ALONE > of.candidate.of)) {
    return { sure: false, suspected: false, excess: excessOf(of), p, since: null };
  }
  const {
    capital: limited,
    stake,
    unlimited,
    lasting,
  } = standingEvidence(of.standing, { ...of, excess: of.concurrent.excess });
  if (stake === null) return { sure: false, suspected: false, excess: excessOf(of), p, since: null };
  const candidate = minus(of.candidate, stake.candidate);
  const stable = minus(of.stable, stake.stable);
  const alone = candidate.of >= 20 && stable.of * ALONE <= candidate.of;
  // How long answers take moves with the world more than anything else: it is compared in the same seconds.
  const latency = metric === 'p50' || metric === 'p95' || metric === 'p99';
  // A burst is not told from an outage of the world where nobody else is asked, so it has to last.
  const standing = alone ? (lasting ? Math.max(limited, unlimited) : limited) : latency ? 0 : limited;
  const weight = of.concurrent.excess.weight - stake.excess.weight;
  const excess = alone
    ? candidate.hits / candidate.of - shareOf(of.record)
    : weight > 0
      ? (of.concurrent.excess.sum - stake.excess.sum) / weight
      : null;
  const enough = 2 / ALPHA[metric];
  const reaches = (level: number, seconded: number) =>
    concurrent >= level || (standing >= level && (alone || concurrent >= seconded));
  return {
    sure: excess !== null && excess > margin && reaches(enough, SECONDED),
    suspected: excess !== null && excess + uncertainty(candidate, stable) > margin && reaches(enough / SUSPECT, 1),
    excess,
    p: Math.min(p, alone || concurrent >= SECONDED ? 1 / standing : 1),
    since: stake.firstAt,
  };
}

/** Standard error of the difference of two shares: within it of the margin it may as well be beyond. */
function uncertainty(candidate: Counts, stable: Counts): number {
  const variance = ({ hits, of }: Counts) => (of === 0 ? 0 : (hits + 0.5) / (of * of));
  return Math.sqrt(variance(candidate) + variance(stable));
}

/** Over the limit, whatever anyone else does: where there is no one else. */
function againstLimit(of: MetricMemory, memory: JudgeMemory, policy: HealthPolicy): Found {
  const worth = capital(memory.absolute);
  const beyond = shareOf(of.phase.candidate) > policy.maxErrorRate;
  const enough = 2 / ALPHA.errors;
  return {
    sure: beyond && worth >= enough,
    suspected: beyond && worth >= enough / SUSPECT,
    excess: null,
    p: Math.min(1, 1 / worth),
    since: memory.firstErrorAt,
  };
}

function marginOf(metric: Metric, memory: JudgeMemory, policy: HealthPolicy): number {
  if (metric === 'p50' || metric === 'p95' || metric === 'p99') return memory.slow?.[metric].margin ?? 0;
  return policy.errorMargin;
}

function shortage(of: MetricMemory, policy: HealthPolicy): string | null {
  const seen = of.phase.candidate.of;
  return seen < policy.minRequests ? `${seen} of the ${policy.minRequests} requests that a verdict needs` : null;
}

function excessOf({ concurrent: { excess } }: MetricMemory): number | null {
  return excess.weight > 0 ? excess.sum / excess.weight : null;
}

export function shareOf({ hits, of }: Counts): number {
  return of === 0 ? 0 : hits / of;
}

function minus(a: Counts, b: Counts): Counts {
  return { hits: a.hits - b.hits, of: a.of - b.of };
}
