import { type Counts, logConcurrentEvidence, nothing, ODDS, plus } from '../statistics/odds-evidence.ts';
import { type Bets, newBets, settle, stakeForPhase } from './bets.ts';

/**
 * The candidate against the stable version in the same seconds. Whatever happens to both, outages, drift, a wave of bad
 * requests, is no evidence here.
 */
export interface Concurrent {
  readonly bets: Bets;
  /** Counts that are not judged yet: a few requests alone say little of the versions' shares. */
  readonly open: { readonly candidate: Counts; readonly stable: Counts; readonly seconds: number };
  readonly excess: Excess;
}

/** Sums of the Mantel–Haenszel difference of two shares: `sum` / `weight` is the candidate's share less the stable's. */
export interface Excess {
  readonly sum: number;
  readonly weight: number;
}

/** A block of seconds is judged when both versions had so many requests, */
const ENOUGH = 10;
/** when both together had so many events, whichever had them, */
const EVENTS = 4;
/** or after so many seconds. */
const SECONDS = 30;

const empty = { candidate: nothing, stable: nothing, seconds: 0 };

export function newConcurrent(): Concurrent {
  return { bets: newBets(ODDS.length), open: empty, excess: { sum: 0, weight: 0 } };
}

/** Judges what is open, because the versions' shares change now, and stakes for the phase. */
export function enterPhase(state: Concurrent): Concurrent {
  const { bets, ...rest } = closed(state);
  return { ...rest, bets: stakeForPhase(bets) };
}

export function addConcurrent(state: Concurrent, candidate: Counts, stable: Counts, seconds: number): Concurrent {
  const open = {
    candidate: plus(state.open.candidate, candidate),
    stable: plus(state.open.stable, stable),
    seconds: state.open.seconds + seconds,
  };
  // None of this looks at which version had the events, so it cannot choose the moment.
  const ripe =
    (open.candidate.of >= ENOUGH && open.stable.of >= ENOUGH) ||
    open.candidate.hits + open.stable.hits >= EVENTS ||
    open.seconds >= SECONDS;
  return ripe ? closed({ ...state, open }) : { ...state, open };
}

function closed({ bets, open, excess }: Concurrent): Concurrent {
  const { candidate, stable, seconds } = open;
  const all = candidate.of + stable.of;
  const hits = candidate.hits + stable.hits;
  const share = all === 0 ? 0 : candidate.of / all;
  const logs = ODDS.map((odds) => logConcurrentEvidence(odds, candidate.hits, hits, share));
  return {
    bets: settle(bets, seconds, logs),
    open: empty,
    excess:
      all === 0
        ? excess
        : {
            sum: excess.sum + (candidate.hits * stable.of - stable.hits * candidate.of) / all,
            weight: excess.weight + (candidate.of * stable.of) / all,
          },
  };
}
