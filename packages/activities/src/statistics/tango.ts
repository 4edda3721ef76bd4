import { normalQuantile } from './normal.ts';

/**
 * Tango's score interval for the difference of two paired shares (T. Tango, Statistics in Medicine 17, 1998, 891–908):
 * every Δ that the score test does not refuse. Unlike Wald's or a bootstrap interval it stays honest when the two
 * hardly ever differ: without one discordant pair it is ±z²/(n + z²), not a point.
 *
 * @param gains Pairs that only the candidate got right.
 * @param losses Pairs that only the baseline got right.
 * @param n All pairs, at least 1.
 * @returns Interval of P(candidate right) − P(baseline right).
 */
export function tangoInterval(gains: number, losses: number, n: number, confidence = 0.95): [number, number] {
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const estimate = (gains - losses) / n;
  const score = (delta: number) => tangoScore(gains, losses, n, delta);
  return [estimate <= -1 ? -1 : solve(score, -1, estimate, z), estimate >= 1 ? 1 : solve(score, estimate, 1, -z)];
}

/** The score statistic for H₀: difference = `delta`; falls as `delta` rises. */
function tangoScore(gains: number, losses: number, n: number, delta: number): number {
  const a = 2 * n;
  const b = -gains - losses + (2 * n - gains + losses) * delta;
  const c = -losses * delta * (1 - delta);
  const lossShare = (Math.sqrt(Math.max(0, b * b - 4 * a * c)) - b) / (2 * a);
  const variance = n * (2 * lossShare + delta * (1 - delta));
  const distance = gains - losses - n * delta;
  if (variance <= 0) return distance === 0 ? 0 : Math.sign(distance) * Number.POSITIVE_INFINITY;
  return distance / Math.sqrt(variance);
}

/** The point between `low` and `high` where a falling function takes `value`. */
function solve(f: (x: number) => number, low: number, high: number, value: number): number {
  let [left, right] = [low, high];
  for (let i = 0; i < 100 && right - left > 1e-14; i += 1) {
    const middle = (left + right) / 2;
    if (f(middle) > value) left = middle;
    else right = middle;
  }
  return (left + right) / 2;
}
