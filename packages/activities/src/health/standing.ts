import { type Counts, logStandingEvidence, ODDS } from '../statistics/odds-evidence.ts';
import { PHASE_STAKE } from './bets.ts';
import type { Excess } from './concurrent.ts';

/**
 * The candidate against all that is known of the stable version, its record from before the rollout included. It knows
 * far more than the same seconds do, and believes that the world stands still; so it condemns nobody alone.
 */
export interface Standing {
  readonly reserve: number;
  /** Seconds that were judged. */
  readonly age: number;
  /** What may be counted now, see {@link BURST}. */
  readonly tokens: number;
  /** The candidate's events that were counted. */
  readonly counted: number;
  /** Spells of {@link REFILL} seconds in which there were more events than the reference has, and how old the last is. */
  readonly spells: number;
  readonly spellAge: number;
  readonly stakes: readonly Stake[];
}

/** A bet that the candidate is worse from here on. Everything is as it was then. */
export interface Stake {
  readonly amount: number;
  /** Seconds. */
  readonly age: number;
  readonly counted: number;
  readonly spells: number;
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
 * Events of the candidate that count at once; more come back slowly, or as often as the reference has them. A shared outage is one thing that happened, not as
 * many as there were requests in it. A candidate that is bad by itself errs again and again.
 */
const BURST = 2;
/** Seconds after which one more event may count. */
const REFILL = 10;
/** Spells that make it last. */
const LASTING = 4;
/** Share of the reserve that is staked every so many seconds. */
const STAKE = 0.1;
const STAKE_EVERY = 60;
/** Stakes that are kept, the closer together the newer. */
const STAKES = 6;
/** JSON has no infinity. */
const MOST_SOLD = 1e9;

export function newStanding(): Standing {
  return { reserve: 1, age: 0, tokens: BURST, counted: 0, spells: 0, spellAge: REFILL, stakes: [] };
}

export function stakeStanding(state: Standing, sofar: Sofar, share = PHASE_STAKE): Standing {
  const { candidate, stable, excess } = sofar;
  const { age, counted, spells } = state;
  const amount = state.reserve * share;
  const stakes = [...state.stakes, { amount, age, counted, spells, candidate, stable, excess, firstAt: null }];
  const reserve = state.reserve - amount;
  if (stakes.length <= STAKES) return { ...state, reserve, stakes };
  // What is given up is worth something now, and may be staked again.
  const at = mostCrowded(stakes, age);
  const sold = stakes[at];
  const worth = sold === undefined ? 0 : Math.min(MOST_SOLD, worthOf(state, sold, sofar));
  return { ...state, reserve: reserve + worth, stakes: stakes.toSpliced(at, 1) };
}

/** One look of some seconds: events of the candidate, the first at `at`; `sofar` holds them already. */
export function addStanding(
  state: Standing,
  { hits, of }: Counts,
  at: number,
  seconds: number,
  sofar: Sofar,
): Standing {
  const usual = expected(of, sofar);
  const tokens = Math.min(BURST, state.tokens + Math.max(seconds / REFILL, usual));
  const counted = Math.min(hits, Math.floor(tokens));
  const spell = hits > usual && state.spellAge >= REFILL;
  const stakes =
    hits === 0 || state.stakes.every(({ firstAt }) => firstAt !== null)
      ? state.stakes
      : state.stakes.map((stake) => (stake.firstAt === null ? { ...stake, firstAt: at } : stake));
  const age = state.age + seconds;
  const next = {
    tokens: tokens - counted,
    counted: state.counted + counted,
    spells: state.spells + (spell ? 1 : 0),
    spellAge: spell ? seconds : state.spellAge + seconds,
    reserve: state.reserve,
    stakes,
    age,
  };
  return age - (stakes.at(-1)?.age ?? 0) >= STAKE_EVERY ? stakeStanding(next, sofar, STAKE) : next;
}

export interface StandingEvidence {
  /** An e-value while the world stands still, whatever happens in bursts. */
  readonly capital: number;
  /** The stake from which on the candidate looks worst: since when it is worse, if it is. */
  readonly stake: Stake | null;
  /** What that stake would be worth if bursts counted in full, */
  readonly unlimited: number;
  /** and whether there was more than one: events came for half a minute at least. */
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
  const lasting = state.spells - stake.spells >= LASTING;
  return { capital, stake, unlimited: stake.amount * evidence, lasting };
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

/** The one whose neighbours are nearest to each other for their age; never the first or the last. */
function mostCrowded(stakes: readonly Stake[], age: number): number {
  let best = { at: 1, gap: Number.POSITIVE_INFINITY };
  for (let at = 1; at < stakes.length - 1; at += 1) {
    const [before, after] = [stakes[at - 1]?.age ?? 0, stakes[at + 1]?.age ?? 0];
    const gap = (after - before) / (1 + age - before);
    if (gap < best.gap) best = { at, gap };
  }
  return best.at;
}
