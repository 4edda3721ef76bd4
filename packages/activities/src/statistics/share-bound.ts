import { binomialUpperTail } from './binomial.ts';

/**
 * Clopper and Pearson's upper bound of a share after `hits` of `n` trials: the share that would give so few hits, or
 * fewer, with a chance of `risk` only. Without a hit it is 1 − risk^(1/n) (300 trials, 95 % sure: 0.99 %; 3000:
 * 0.10 %). 1 when nothing was tried.
 */
export function shareBound(hits: number, n: number, risk = 0.05): number {
  if (hits >= n) return 1;
  if (hits === 0) return -Math.expm1(Math.log(risk) / n);
  let [low, high] = [hits / n, 1];
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (1 - binomialUpperTail(hits + 1, n, middle) > risk) low = middle;
    else high = middle;
  }
  return high;
}
