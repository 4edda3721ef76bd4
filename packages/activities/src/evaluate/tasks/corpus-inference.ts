import type { Resampled } from '../../metrics/bootstrap.ts';
import { type Inference, TAIL } from './inference.ts';

/**
 * A number that is computed over all cases at once: percentiles of the same over cases that are drawn anew, with the room
 * that cases nobody saw may take: of n cases, 1 − tail^(1/n) may be of a kind that is not among them.
 *
 * @param units Cases, or clusters of them where these are drawn.
 * @param reach How far the number goes: the metric's range, which one case in `units` cannot move it farther than about
 *   its share of. Null: no end.
 * @returns null where all cases together have no number, or half of the resamples have none
 */
export function corpusInference(
  { estimate, interval, values }: Resampled,
  { cases, units, reach }: { readonly cases: number; readonly units: number; readonly reach: number | null },
): Inference | null {
  if (estimate === null || interval === null || !Number.isFinite(estimate)) return null;
  const sorted = values.slice().sort();
  const unseen = (reach ?? 0) * (1 - TAIL ** (1 / units));
  // The chance that cases which would move it so far are among nobody's.
  const missed = (far: number) => (reach === null ? 0 : Math.max(0, 1 - far / reach) ** units);
  const p = (at: number, wrong: boolean, beyond: number) => {
    const share = (beyond + 1) / (sorted.length + 1);
    return wrong ? Math.max(0.5, share) : Math.max(share, missed(Math.abs(estimate - at)));
  };
  return {
    value: estimate,
    interval: [Math.min(interval[0], estimate - unseen), Math.max(interval[1], estimate + unseen)],
    method: 'resampling',
    above: (at) => p(at, estimate <= at, countBelow(sorted, at, true)),
    below: (at) => p(at, estimate >= at, sorted.length - countBelow(sorted, at, false)),
    needed: async (at) => {
      const far = Math.abs(estimate - at);
      if (far === 0) return null;
      const spread = estimate > at ? estimate - interval[0] : interval[1] - estimate;
      const bySpread = cases * (spread / far) ** 2;
      const byUnseen =
        reach === null || far >= reach ? 0 : (Math.log(TAIL) / Math.log1p(-far / reach)) * (cases / units);
      const needed = Math.ceil(Math.max(bySpread, byUnseen, cases + 1));
      return needed > 1e9 ? null : needed;
    },
  };
}

/** How many of ascending values are below `at`, or at it too. */
function countBelow(sorted: Float64Array, at: number, orEqual: boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const value = sorted[middle] ?? 0;
    if (orEqual ? value <= at : value < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
