import { setImmediate as nextTurn } from 'node:timers/promises';
import { seededRandom } from './random.ts';

export interface BootstrapOptions {
  readonly seed: number | string;
  /** @default 10000 */
  readonly resamples?: number;
  /** @default 0.95 */
  readonly confidence?: number;
  /** Called between slices of work; throw to stop. */
  readonly onSlice?: () => void;
}

/** Draws after which the event loop gets a turn: some milliseconds of work. */
const SLICE = 1_000_000;

/**
 * Percentile interval of the mean of paired differences, items resampled with replacement (Efron and Tibshirani, "An
 * Introduction to the Bootstrap", 13.3; quantiles interpolated as numpy does). Gives way to other work between slices.
 *
 * @param differences One per item, at least one; all equal give a point.
 */
export async function pairedBootstrap(differences: Float64Array, options: BootstrapOptions): Promise<[number, number]> {
  const { resamples = 10_000, confidence = 0.95 } = options;
  const n = differences.length;
  const first = differences[0] ?? Number.NaN;
  if (differences.every((value) => value === first)) return [first, first];
  const random = seededRandom(options.seed);
  const means = new Float64Array(resamples);
  let drawn = 0;
  for (let b = 0; b < resamples; b += 1) {
    let sum = 0;
    for (let i = 0; i < n; i += 1) sum += differences[random.below(n)] ?? 0;
    means[b] = sum / n;
    drawn += n;
    if (drawn >= SLICE) {
      drawn = 0;
      options.onSlice?.();
      await nextTurn();
    }
  }
  means.sort();
  const tail = (1 - confidence) / 2;
  return [quantile(means, tail), quantile(means, 1 - tail)];
}

/** Linear interpolation between order statistics; `sorted` is ascending and not empty. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] ?? Number.NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? low;
  return low + (high - low) * (position - below);
}
