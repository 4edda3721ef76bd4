import {
  type Evidence,
  type Measurement,
  type Verdict,
  type VersionHealth,
  type WatchInput,
  worstOf,
} from '@sluice/sdk';
import { judgeHealth } from './judge-health.ts';
import { type JudgedTraffic, judged } from './judged-traffic.ts';
import type { Target } from './target.ts';

export interface Health {
  readonly verdict: Verdict;
  /** Worst first. */
  readonly evidence: readonly Evidence[];
  /** A failure that needs no second look: the process is gone. */
  readonly fatal: boolean;
}

/** What one phase remembers from look to look. */
export interface PhaseMemory {
  /** Epoch ms of the first bad answer since the phase began. */
  firstBadAt: number | null;
  /** Restarts of the candidate when the phase was first looked at. */
  restarts: number | null;
  /** The stable version's traffic just before the phase; undefined until it was asked for. */
  earlier: JudgedTraffic | null | undefined;
  /** Epoch ms of the last look. */
  lastLook: number;
}

/** Milliseconds before the phase from which the stable version's numbers may be taken; as far as the gateway remembers. */
const EARLIER = 840_000;

const none: JudgedTraffic = {
  requests: 0,
  errors: 0,
  byStatus: {},
  latency: { count: 0, p50: null, samples: [] },
  firstErrorAt: null,
};

/**
 * One look at a phase: the last `window`, and the whole phase where the window holds too few requests to pass. Nothing
 * before the phase counts for the candidate.
 */
export async function measureHealth(target: Target, input: WatchInput, memory: PhaseMemory): Promise<Health> {
  const { health: policy } = input.spec;
  const now = Date.now();
  const windowStart = Math.max(input.since, now - policy.window);
  const [recent, whole] = await Promise.all([
    target.measure(input.endpoint, { since: windowStart }),
    target.measure(input.endpoint, { since: input.since }),
  ]);
  if (memory.earlier === undefined) memory.earlier = await earlierTraffic(target, input);
  const state = stateRow(recent.states[input.candidate], input, memory);
  const candidate = trafficOf(recent, input.candidate);
  const judged = rowsOf(recent, candidate, input, memory.earlier);
  const enough = candidate.requests >= policy.minRequests || worst(judged) === 'fail';
  const rows = enough ? judged : rowsOf(whole, trafficOf(whole, input.candidate), input, memory.earlier);
  noteFirstBad(memory, trafficOf(whole, input.candidate), worst([...rows, state]), windowStart);
  memory.lastLook = now;
  const evidence = [state, ...rows].map((row) => ({ ...row, slice: input.phase }));
  return {
    verdict: worst(evidence),
    evidence: worstFirst(evidence),
    fatal: state.verdict === 'fail' && gone(recent, input),
  };
}

function rowsOf(
  measured: Measurement,
  candidate: JudgedTraffic,
  input: WatchInput,
  earlier: JudgedTraffic | null,
): Evidence[] {
  const policy = input.spec.health;
  if (input.stable === null) return judgeHealth({ candidate, stable: null, policy });
  const stable = trafficOf(measured, input.stable);
  if (stable.requests > 0 || earlier === null) return judgeHealth({ candidate, stable, policy });
  const stableNote = 'against the stable version just before this phase';
  return judgeHealth({ candidate, stable: earlier, policy, stableNote });
}

/** What a version answered; a mirrored one answers no one, so its copies are what counts. */
function trafficOf(measured: Measurement, id: string): JudgedTraffic {
  const live = measured.versions[id];
  const shadow = measured.shadow[id];
  if (live !== undefined && live.requests > 0) return judged(live);
  if (shadow === undefined || shadow.requests === 0) return live === undefined ? none : judged(live);
  return { ...judged(shadow), comparison: shadow.comparison };
}

/** At 100 % the stable version answers nothing: then its last answers before are the measure. */
async function earlierTraffic(target: Target, { endpoint, stable, since }: WatchInput): Promise<JudgedTraffic | null> {
  if (stable === null) return null;
  const before = await target.measure(endpoint, { since: since - EARLIER, until: since });
  const traffic = trafficOf(before, stable);
  return traffic.requests > 0 ? traffic : null;
}

/** Is the candidate's process well, and still the one that began the phase? */
function stateRow(version: VersionHealth | undefined, input: WatchInput, memory: PhaseMemory): Evidence {
  const base = { metric: 'server process', value: null } as const;
  if (version === undefined) return { ...base, verdict: 'fail', note: `${input.candidate} is not running` };
  memory.restarts ??= version.restarts;
  if (version.restarts > memory.restarts) {
    const times = version.restarts - memory.restarts;
    return {
      ...base,
      verdict: 'fail',
      value: times,
      threshold: '= 0 restarts',
      note: version.lastError ?? 'it crashed',
    };
  }
  if (version.state === 'ready') return { ...base, verdict: 'pass', note: 'ready' };
  if (version.state === 'starting') return { ...base, verdict: 'inconclusive', note: 'starting' };
  return { ...base, verdict: 'fail', note: `${version.state}: ${version.lastError ?? 'no reason given'}` };
}

/** Slow to answer `/ping` deserves a second look; a process that ended does not. */
function gone(measured: Measurement, { candidate }: WatchInput): boolean {
  return measured.states[candidate]?.state !== 'unhealthy';
}

/** Errors have their own time; for the rest it is the start of the first window that showed it. */
function noteFirstBad(memory: PhaseMemory, candidate: JudgedTraffic, verdict: Verdict, windowStart: number): void {
  const known = [memory.firstBadAt, candidate.firstErrorAt].filter((at) => at !== null);
  if (known.length > 0) memory.firstBadAt = Math.min(...known);
  else if ((candidate.byStatus['4xx'] ?? 0) > 0) memory.firstBadAt = memory.lastLook;
  else if (verdict === 'fail') memory.firstBadAt = windowStart;
}

function worst(rows: readonly Evidence[]): Verdict {
  return worstOf(rows.map(({ verdict }) => verdict));
}

function worstFirst(rows: readonly Evidence[]): Evidence[] {
  const rank = (row: Evidence) => ['fail', 'error', 'inconclusive', 'pass'].indexOf(row.verdict);
  return [...rows].sort((a, b) => rank(a) - rank(b));
}
