import { normalQuantile } from './normal.ts';

export interface Shift {
  /** Median of all differences x − y. */
  readonly estimate: number;
  readonly interval: readonly [number, number];
}

/**
 * The Hodges–Lehmann estimate of how far `x` is shifted against `y`, with the interval that belongs to the
 * Mann–Whitney test, large-sample form (Hollander, Wolfe and Chicken, "Nonparametric Statistical Methods", 4.2 and
 * 4.3). Differences are never listed: the k-th one is found by counting. Neither may be empty.
 */
export function hodgesLehmann(x: readonly number[], y: readonly number[], confidence = 0.95): Shift {
  const a = Float64Array.from(x).sort();
  const b = Float64Array.from(y).sort();
  const pairs = a.length * b.length;
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const half = z * Math.sqrt((pairs * (a.length + b.length + 1)) / 12);
  const cut = Math.max(1, Math.floor(pairs / 2 - half));
  const middle = (kth(a, b, Math.floor((pairs + 1) / 2)) + kth(a, b, Math.floor(pairs / 2) + 1)) / 2;
  return { estimate: middle, interval: [kth(a, b, cut), kth(a, b, pairs + 1 - cut)] };
}

/** The k-th smallest difference a − b, k from 1: bisection on how many differences are at most a value. */
function kth(a: Float64Array, b: Float64Array, k: number): number {
  let low = at(a, 0) - at(b, b.length - 1);
  let high = at(a, a.length - 1) - at(b, 0);
  if (countAtMost(a, b, low) >= k) return low;
  for (let i = 0; i < 200; i += 1) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    if (countAtMost(a, b, middle) >= k) high = middle;
    else low = middle;
  }
  return high;
}

function countAtMost(a: Float64Array, b: Float64Array, value: number): number {
  let count = 0;
  let fitting = 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    // As `a` falls, the largest values of `b` that keep a − b ≤ value only grow more.
    while (fitting < b.length && at(a, i) - at(b, b.length - 1 - fitting) <= value) fitting += 1;
    count += fitting;
  }
  return count;
}

function at(list: Float64Array, index: number): number {
  return list[index] ?? Number.NaN;
}
