import type { Evidence, HealthPolicy, Measurement, ShadowTraffic, Verdict, VersionTraffic } from '@sluice/sdk';
import { worstOf } from '@sluice/sdk';
import type { Counts } from '../statistics/odds-evidence.ts';
import { nothing, plus } from '../statistics/odds-evidence.ts';
import { logAbsoluteEvidence, MULTIPLES } from './absolute.ts';
import { newBets, settle, stakeForPhase } from './bets.ts';
import { type Callers, callerMetrics, callersOf, countable, recordCounts } from './callers.ts';
import { addConcurrent, enterPhase, newConcurrent } from './concurrent.ts';
import { type Finding, findingOf } from './finding.ts';
import type { JudgeMemory, Metric, MetricMemory } from './memory.ts';
import { metrics } from './memory.ts';
import { evidenceRow, worstFirst } from './rows.ts';
import { addHistograms, answersIn, ENOUGH_ANSWERS, slowAnswers, slowBy } from './slow-answers.ts';
import { addStanding, newStanding, stakeStanding } from './standing.ts';

/** What happened between two looks. */
export interface Look {
  readonly phase: string;
  readonly policy: HealthPolicy;
  readonly candidate: string;
  /** Null for the first version of an endpoint. */
  readonly stable: string | null;
  readonly measured: Pick<Measurement, 'since' | 'until' | 'versions' | 'shadow'>;
}

export interface Judgement {
  readonly verdict: Verdict;
  /**
   * Why it is inconclusive: `thin`, too few requests and nothing that speaks against the candidate; `suspected`, it
   * looks worse and that may still be chance, or it rests on callers nobody knows.
   */
  readonly doubt: 'thin' | 'suspected' | null;
  /** Worst first. */
  readonly evidence: readonly Evidence[];
  /** Epoch ms of the first bad answer; null when nothing is bad. */
  readonly firstBadAt: number | null;
  /** The metric that failed first. */
  readonly failed: Metric | null;
}

/** A judge who has seen nothing but the stable version's traffic before the rollout, if there was any. */
export function newJudge(record: VersionTraffic | null, policy: HealthPolicy): JudgeMemory {
  const callers = callersOf(record);
  const memory: JudgeMemory = {
    phase: null,
    callers,
    slow: null,
    latency: null,
    metrics: byMetric((metric) => newMetric(metric, record, callers)),
    absolute: newBets(MULTIPLES.length),
    firstErrorAt: null,
  };
  return record === null ? memory : learnLatency(memory, record, policy);
}

/** Adds what happened since the last look. Pure: the same looks give the same memory, wherever one stops and goes on. */
export function addLook(before: JudgeMemory, look: Look): JudgeMemory {
  const { policy, measured } = look;
  const entered = before.phase === look.phase ? before : enter(before, look.phase);
  const stable = look.stable === null ? null : (measured.versions[look.stable] ?? null);
  // What slow means is settled before what this look saw is judged by it.
  const memory = stable === null ? entered : learnLatency(entered, stable, policy);
  const { traffic, shadow } = trafficOf(measured, look.candidate);
  const seconds = (measured.until - measured.since) / 1000;
  let callers = memory.callers;
  const changed: Partial<Record<Metric, MetricMemory>> = {};
  for (const metric of metrics) {
    const of = memory.metrics[metric];
    const mine = traffic === null ? null : candidateCounts(metric, traffic, shadow, memory, look.stable === null);
    const theirs = stable === null ? null : stableCounts(metric, stable, shadow, memory);
    if (mine === null && theirs === null) continue;
    callers = withUsed(callers, metric, mine?.used, theirs?.used);
    const unproven = mine?.unproven ?? 0;
    const at = metric === 'errors' ? (traffic?.firstErrorAt ?? measured.since) : measured.since;
    changed[metric] = added(of, mine?.counts ?? nothing, theirs?.counts ?? nothing, { unproven, at, seconds });
  }
  const errors: Counts = traffic === null ? nothing : { hits: traffic.errors, of: traffic.requests };
  return {
    ...memory,
    callers,
    metrics: { ...memory.metrics, ...changed },
    absolute: settle(memory.absolute, seconds, logAbsoluteEvidence(errors, policy.maxErrorRate)),
    firstErrorAt: memory.firstErrorAt ?? traffic?.firstErrorAt ?? null,
  };
}

/** What the judge thinks now. */
export function judge(memory: JudgeMemory, policy: HealthPolicy): Judgement {
  const findings = metrics.map((metric) => findingOf(metric, memory, policy));
  const evidence = findings.flatMap((finding) => evidenceRow(finding, memory, policy) ?? []);
  const verdict = worstOf(findings.map((finding) => finding.verdict));
  const first = firstOf(findings.filter((finding) => finding.verdict === 'fail'));
  return {
    verdict,
    doubt: verdict !== 'inconclusive' ? null : findings.some((one) => one.suspected) ? 'suspected' : 'thin',
    evidence: worstFirst(evidence),
    firstBadAt: first?.since ?? memory.firstErrorAt,
    failed: first?.metric ?? null,
  };
}

function firstOf(failed: readonly Finding[]): Finding | null {
  return failed.reduce<Finding | null>(
    (first, one) => (first === null || (one.since ?? Infinity) < (first.since ?? Infinity) ? one : first),
    null,
  );
}

function newMetric(metric: Metric, record: VersionTraffic | null, callers: Callers): MetricMemory {
  const by = callerMetrics.find((one) => one === metric);
  return {
    // The stable version's own errors stand for the copies that fail by chance.
    record: by === undefined && metric !== 'worse' ? nothing : recordCounts(by ?? 'errors', record, callers),
    candidate: nothing,
    stable: nothing,
    phase: { candidate: nothing, stable: nothing, unproven: 0 },
    concurrent: newConcurrent(),
    standing: newStanding(),
  };
}

function enter(memory: JudgeMemory, phase: string): JudgeMemory {
  return {
    ...memory,
    phase,
    absolute: stakeForPhase(memory.absolute),
    metrics: byMetric((metric) => {
      const of = memory.metrics[metric];
      const concurrent = enterPhase(of.concurrent);
      return {
        ...of,
        concurrent,
        phase: { candidate: nothing, stable: nothing, unproven: 0 },
        standing: stakeStanding(of.standing, { ...of, excess: concurrent.excess }),
      };
    }),
  };
}

/** Takes what slow means from the stable version's answers as soon as there are enough of them. */
function learnLatency(memory: JudgeMemory, stable: VersionTraffic, policy: HealthPolicy): JudgeMemory {
  if (memory.slow !== null) return memory;
  const latency = addHistograms(memory.latency, stable.latency);
  if (answersIn(latency) < ENOUGH_ANSWERS) return { ...memory, latency };
  const slow = {
    p50: slowBy('p50', latency, policy.latencyFactor),
    p95: slowBy('p95', latency, policy.latencyFactor),
    p99: slowBy('p99', latency, policy.latencyFactor),
  };
  const { p50, p95, p99 } = memory.metrics;
  return {
    ...memory,
    slow,
    latency: null,
    metrics: {
      ...memory.metrics,
      p50: { ...p50, record: slow.p50.record },
      p95: { ...p95, record: slow.p95.record },
      p99: { ...p99, record: slow.p99.record },
    },
  };
}

/** What a version answered; a mirrored one answers no one, so its copies are what counts. */
function trafficOf(measured: Look['measured'], id: string): { traffic: VersionTraffic | null; shadow: Shadow } {
  const live = measured.versions[id];
  const copies = measured.shadow[id];
  if (live !== undefined && live.requests + live.aborted > 0) return { traffic: live, shadow: null };
  if (copies !== undefined && copies.requests > 0) return { traffic: copies, shadow: copies };
  return { traffic: live ?? null, shadow: null };
}

type Shadow = ShadowTraffic | null;
interface Seen {
  readonly counts: Counts;
  readonly used?: Callers['used']['errors']['candidate'];
  readonly unproven?: number;
}

function candidateCounts(
  metric: Metric,
  traffic: VersionTraffic,
  shadow: Shadow,
  memory: JudgeMemory,
  first: boolean,
): Seen | null {
  if (metric === 'worse') {
    return shadow === null ? null : { counts: { hits: shadow.comparison.worse, of: shadow.comparison.compared } };
  }
  if (metric === 'p50' || metric === 'p95' || metric === 'p99') {
    return memory.slow === null ? null : { counts: slowAnswers(traffic.latency, memory.slow[metric].over) };
  }
  // Nobody waits for a copy, so nobody gives up on one.
  if (metric === 'aborted' && shadow !== null) return null;
  // Of a first version's callers nothing can be known.
  if (first) return { counts: { hits: metric === 'errors' ? traffic.errors : 0, of: traffic.requests } };
  return countable(metric, traffic, memory.callers, 'candidate', usualOf(memory.metrics[metric]));
}

function stableCounts(metric: Metric, traffic: VersionTraffic, shadow: Shadow, memory: JudgeMemory): Seen | null {
  if (metric === 'worse') {
    return shadow === null ? null : { counts: { hits: traffic.errors, of: traffic.requests } };
  }
  if (metric === 'p50' || metric === 'p95' || metric === 'p99') {
    return memory.slow === null ? null : { counts: slowAnswers(traffic.latency, memory.slow[metric].over) };
  }
  return countable(metric, traffic, memory.callers, 'stable', usualOf(memory.metrics[metric]));
}

function usualOf({ record, stable }: MetricMemory): Counts {
  return plus(record, stable);
}

function added(
  before: MetricMemory,
  candidate: Counts,
  stable: Counts,
  { unproven, at, seconds }: { unproven: number; at: number; seconds: number },
): MetricMemory {
  const concurrent = addConcurrent(before.concurrent, candidate, stable, seconds);
  const after = { ...before, candidate: plus(before.candidate, candidate), stable: plus(before.stable, stable) };
  return {
    ...after,
    concurrent,
    phase: {
      candidate: plus(before.phase.candidate, candidate),
      stable: plus(before.phase.stable, stable),
      unproven: before.phase.unproven + unproven,
    },
    standing: addStanding(before.standing, candidate, at, seconds, { ...after, excess: concurrent.excess }),
  };
}

function withUsed(callers: Callers, metric: Metric, candidate: Seen['used'], stable: Seen['used']): Callers {
  const by = callerMetrics.find((one) => one === metric);
  if (by === undefined) return callers;
  const before = callers.used[by];
  const used = { candidate: candidate ?? before.candidate, stable: stable ?? before.stable };
  if (used.candidate === before.candidate && used.stable === before.stable) return callers;
  return { ...callers, used: { ...callers.used, [by]: used } };
}

function byMetric(make: (metric: Metric) => MetricMemory): Record<Metric, MetricMemory> {
  return Object.fromEntries(metrics.map((metric) => [metric, make(metric)])) as Record<Metric, MetricMemory>;
}
