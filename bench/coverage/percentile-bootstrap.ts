import { seededRandom } from '../../packages/activities/src/statistics/random.ts';

const RESAMPLES = 1000;
const TAIL = 0.025;

/**
 * What was here before, to compare with: passes when the lower end of the percentile interval of the paired bootstrap
 * is over −margin (Efron and Tibshirani, "An Introduction to the Bootstrap", 13.3).
 */
export function bootstrapPasses(gains: Float64Array, margin: number, seed: string): boolean {
  const random = seededRandom(seed);
  const n = gains.length;
  let below = 0;
  for (let b = 0; b < RESAMPLES; b += 1) {
    let sum = 0;
    for (let i = 0; i < n; i += 1) sum += gains[random.below(n)] ?? 0;
    if (sum / n <= -margin) below += 1;
  }
  return below < TAIL * RESAMPLES;
}
