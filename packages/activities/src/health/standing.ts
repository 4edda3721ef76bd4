import { type Counts, logStandingEvidence, ODDS } from '../statistics/odds-evidence.ts';
import { PHASE_STAKE } from './bets.ts';
import type { Excess } from './concurrent.ts';

/**
 * The candidate against all that is known of the stable version, its record from before the rollout included. It knows
 * far more than the same seconds do, and believes that the world stands still; so it condemns nobody alone.
 */
export interface Standing {
  readonly reserve: number;
  /** Seconds since something was staked last. */
  readonly idle: number;
  /** What may be counted now, see {@link BURST}. */
  readonly tokens: number;
  /** The candidate's events that were counted. */
  readonly counted: number;
  readonly stakes: readonly Stake[];
}

/** A bet that the candidate is worse from here on. Everything is as it was then. */
export interface Stake {
  readonly amount: number;
  readonly counted: number;
  readonly candidate: Counts;
  readonly stable: Counts;
  readonly excess: Excess;
  /** Epoch ms of the candidate's first event since then. */
  readonly firstAt: number | null;
}

/** What both versions did in the rollout so far, and the stable one before it. */
export interface Sofar {
  readonly candidate: Counts;
  readonly stable: Counts;
  readonly record: Counts;
  readonly excess: Excess;
}

/**
 * Events of the candidate beyond those that the reference has as well that count at once; more come back slowly. A shared outage is one thing that happened, not as
 * many as there were requests in it. A candidate that is bad by itself errs again and again.
 */
const BURST = 2;
/** Seconds after which one more event may count. */
const REFILL = 10;
/** More events than a burst, one every {@link REFILL} seconds, that make it last. */
const LASTING = 3;
/** Share of the reserve that is staked every so many seconds. */
const STAKE = 0.1;
const STAKE_EVERY = 60;
/** Stakes that are kept; the least promising gives way. */
const STAKES = 8;

export function newStanding(): Standing {
  return { reserve: 1, idle: 0, tokens: BURST, counted: 0, stakes: [] };
}

export function stakeStanding(state: Standing, sofar: Sofar, share = PHASE_STAKE): Standing {
  const { candidate, stable, excess } = sofar;
  const amount = state.reserve * share;
  const stakes = [...state.stakes, { amount, counted: state.counted, candidate, stable, excess, firstAt: null }];
  const kept = stakes.length > STAKES ? stakes.toSpliced(leastPromising(state, stakes, sofar), 1) : stakes;
  return { ...state, reserve: state.reserve - amount, idle: 0, stakes: kept };
}

/** One look of some seconds: events of the candidate, the first at `at`; `sofar` holds them already. */
export function addStanding(
  state: Standing,
  { hits, of }: Counts,
  at: number,
  seconds: number,
  sofar: Sofar,
): Standing {
  const tokens = Math.min(BURST, state.tokens + seconds / REFILL) + expected(of, sofar);
  const counted = Math.min(hits, Math.floor(tokens));
  const stakes =
    hits === 0 || state.stakes.every(({ firstAt }) => firstAt !== null)
      ? state.stakes
      : state.stakes.map((stake) => (stake.firstAt === null ? { ...stake, firstAt: at } : stake));
  const idle = state.idle + seconds;
  const next = { ...state, tokens: Math.min(BURST, tokens - counted), counted: state.counted + counted, stakes, idle };
  return idle >= STAKE_EVERY ? stakeStanding(next, sofar, STAKE) : next;
}

export interface StandingEvidence {
  /** An e-value while the world stands still, whatever happens in bursts. */
  readonly capital: number;
  /** The stake from which on the candidate looks worst: since when it is worse, if it is. */
  readonly stake: Stake | null;
  /** What that stake would be worth if bursts counted in full, */
  readonly unlimited: number;
  /** and whether there was more than one: it went on for half a minute at least. */
  readonly lasting: boolean;
}

export function standingEvidence(state: Standing, sofar: Sofar): StandingEvidence {
  let capital = state.reserve;
  let worst: { evidence: number; stake: Stake } | null = null;
  for (const stake of state.stakes) {
    capital += worthOf(state, stake, sofar);
    if (stake.firstAt === null) continue;
    const evidence = evidenceSince(stake, sofar.candidate.hits - stake.candidate.hits, sofar);
    if (worst === null || evidence > worst.evidence) worst = { evidence, stake };
  }
  if (worst === null) return { capital, stake: null, unlimited: 0, lasting: false };
  const { stake, evidence } = worst;
  const beyond = state.counted - stake.counted - expected(sofar.candidate.of - stake.candidate.of, sofar);
  return { capital, stake, unlimited: stake.amount * evidence, lasting: beyond >= BURST + LASTING };
}

function expected(of: number, { stable, record }: Sofar): number {
  const reference = stable.of + record.of;
  return reference === 0 ? 0 : (of * (stable.hits + record.hits)) / reference;
}

function worthOf(state: Standing, stake: Stake, sofar: Sofar): number {
  return stake.amount * evidenceSince(stake, state.counted - stake.counted, sofar);
}

function evidenceSince(stake: Stake, hits: number, { candidate, stable, record }: Sofar): number {
  const since = { hits, of: candidate.of - stake.candidate.of };
  // What the candidate did before it became worse is as good a reference as the stable version.
  const reference = {
    hits: record.hits + stable.hits + stake.candidate.hits,
    of: record.of + stable.of + stake.candidate.of,
  };
  let sum = 0;
  for (const odds of ODDS) sum += Math.exp(logStandingEvidence(odds, since, reference));
  return sum / ODDS.length;
}

function leastPromising(state: Standing, stakes: readonly Stake[], sofar: Sofar): number {
  // The newest has not had a chance yet.
  const worths = stakes.slice(0, -1).map((stake) => worthOf(state, stake, sofar));
  return worths.indexOf(Math.min(...worths));
}
