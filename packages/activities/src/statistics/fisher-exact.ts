import { logFactorial } from './log-factorial.ts';

/**
 * Fisher's exact test, one-sided: the probability of at least `hits` of the `hits + otherHits` hits falling into the
 * first arm if both arms had the same share (R. A. Fisher, 1935; scipy `fisher_exact(…, alternative='greater')`).
 *
 * @param hits Errors of the first arm, of `size` requests.
 * @param otherHits Errors of the second arm, of `otherSize` requests.
 */
export function fisherExactGreater(hits: number, size: number, otherHits: number, otherSize: number): number {
  const total = size + otherSize;
  const allHits = hits + otherHits;
  const least = Math.max(0, allHits - otherSize);
  const most = Math.min(size, allHits);
  if (hits <= least) return 1;
  const mean = (size * allHits) / total;
  if (hits > mean) return tail(hits, most, size, allHits, total);
  return Math.max(0, 1 - lowerTail(hits - 1, least, size, allHits, total));
}

/** P(X ≥ from) of the hypergeometric distribution, summed upwards. */
function tail(from: number, most: number, size: number, hits: number, total: number): number {
  let term = 1;
  let sum = 1;
  for (let k = from; k < most && term > sum * 1e-17; k += 1) {
    term *= ((size - k) * (hits - k)) / ((k + 1) * (total - size - hits + k + 1));
    sum += term;
  }
  return Math.min(1, sum * Math.exp(logProbability(from, size, hits, total)));
}

/** P(X ≤ from), summed downwards. */
function lowerTail(from: number, least: number, size: number, hits: number, total: number): number {
  let term = 1;
  let sum = 1;
  for (let k = from; k > least && term > sum * 1e-17; k -= 1) {
    term *= (k * (total - size - hits + k)) / ((size - k + 1) * (hits - k + 1));
    sum += term;
  }
  return Math.min(1, sum * Math.exp(logProbability(from, size, hits, total)));
}

function logProbability(k: number, size: number, hits: number, total: number): number {
  return logChoose(size, k) + logChoose(total - size, hits - k) - logChoose(total, hits);
}

function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}
