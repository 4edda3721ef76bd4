import { binomialUpperTail } from './binomial.ts';

/**
 * McNemar's test, exact and two-sided: p = min(1, 2·Σ_{i ≤ min(b,c)} C(b+c, i) / 2^{b+c}) (statsmodels
 * `mcnemar(exact=True)`).
 *
 * @param b Cases only the baseline got right.
 * @param c Cases only the candidate got right.
 */
export function mcnemarExact(b: number, c: number): number {
  return Math.min(1, 2 * binomialUpperTail(Math.max(b, c), b + c, 0.5));
}
