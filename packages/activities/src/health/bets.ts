/**
 * A capital of 1 that is bet on a few alternatives, part now and part later. What is not staked yet waits in a reserve,
 * so that a fault that begins in the middle of a rollout does not first have to win back what was lost while all was
 * well; and all stakes together are 1, so the capital stays an e-process over the whole rollout, however long.
 */
export interface Bets {
  /** What each alternative is worth now. */
  readonly worth: readonly number[];
  readonly reserve: number;
  /** Seconds for which it has been staked little by little. */
  readonly age: number;
}

/** Share of the reserve that is staked when a phase begins: moving traffic is what shows a fault. */
export const PHASE_STAKE = 0.5;
/** Seconds in which half of what is left in the reserve is staked little by little; then it takes ever longer. */
const SLOW_STAKE = 400;
/** Enough for any threshold; JSON has no infinity. */
const MOST = 1e12;

export function newBets(alternatives: number): Bets {
  return { worth: new Array<number>(alternatives).fill(0), reserve: 1, age: 0 };
}

/** The capital: an e-value at any time. */
export function capital(bets: Bets): number {
  return bets.worth.reduce((sum, one) => sum + one, bets.reserve);
}

export function stakeForPhase(bets: Bets): Bets {
  return staked(bets, bets.reserve * PHASE_STAKE);
}

/** Each alternative's worth times its e-value (`logs` are logarithms) for some seconds, then a little of the reserve. */
export function settle(bets: Bets, seconds: number, logs: readonly number[]): Bets {
  const worth = bets.worth.map((one, i) => Math.min(MOST, one * Math.exp(logs[i] ?? 0)));
  const share = seconds / (SLOW_STAKE + bets.age + seconds);
  return staked({ worth, reserve: bets.reserve, age: bets.age + seconds }, bets.reserve * share);
}

function staked(bets: Bets, amount: number): Bets {
  const each = amount / bets.worth.length;
  return { ...bets, worth: bets.worth.map((one) => one + each), reserve: bets.reserve - amount };
}
