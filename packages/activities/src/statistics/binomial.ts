import { logFactorial } from './log-factorial.ts';

/** P(X ≥ k) for X ~ Binomial(n, p): the exact one-sided test that a share exceeds `p`. */
export function binomialUpperTail(k: number, n: number, p: number): number {
  if (k <= 0) return 1;
  if (k > n || p <= 0) return 0;
  if (p >= 1) return 1;
  // The tail that is smaller is summed, so nothing is lost by 1 − (nearly 1).
  if (k > n * p) return sumFrom(k, n, p);
  return Math.max(0, 1 - sumFrom(n - k + 1, n, 1 - p));
}

/** P(X ≥ k), k above the mean: terms fall, so the sum ends when they no longer matter. */
function sumFrom(k: number, n: number, p: number): number {
  const logTerm = logFactorial(n) - logFactorial(k) - logFactorial(n - k) + k * Math.log(p) + (n - k) * Math.log1p(-p);
  let term = 1;
  let sum = 1;
  for (let i = k; i < n && term > sum * 1e-17; i += 1) {
    term *= ((n - i) / (i + 1)) * (p / (1 - p));
    sum += term;
  }
  return Math.min(1, sum * Math.exp(logTerm));
}
