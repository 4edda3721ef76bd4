import { quantile, type Resampled } from '../../metrics/bootstrap.ts';
import { normalCdf, normalQuantile } from '../../statistics/normal.ts';
import { studentQuantile, studentUpperTail } from '../../statistics/student-t.ts';
import { type Inference, TAIL } from './inference.ts';

/**
 * A number that is computed over all cases at once: percentiles of the same over cases that are drawn anew, with the room
 * that cases nobody saw may take: of n cases, 1 − tail^(1/n) may be of a kind that is not among them.
 *
 * Percentiles of few cases lie too close together, because drawn cases spread by n where a sample's spread is told by n − 1, and
 * a normal distribution is taken where Student's is due; so they are expanded by both (T. Hesterberg, "What teachers should
 * know about the bootstrap", The American Statistician 69, 2015, section 4.3).
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
  const tail = contracted(TAIL, units);
  const [low, high] = [quantile(sorted, tail), quantile(sorted, 1 - tail)];
  const unseen = (reach ?? 0) * (1 - TAIL ** (1 / units));
  // The chance that cases which would move it so far are among nobody's.
  const missed = (far: number) => (reach === null ? 0 : Math.max(0, 1 - far / reach) ** units);
  const p = (at: number, wrong: boolean, beyond: number) => {
    const side = at < estimate ? quantile(sorted, FEW / sorted.length) : quantile(sorted, 1 - FEW / sorted.length);
    const share = expanded(shareBeyond(beyond, sorted.length, (estimate - at) / (estimate - side)), units);
    return wrong ? Math.max(0.5, share) : Math.max(share, missed(Math.abs(estimate - at)));
  };
  return {
    value: estimate,
    interval: [Math.min(low, estimate - unseen), Math.max(high, estimate + unseen)],
    method: 'resampling',
    above: (at) => p(at, estimate <= at, countBelow(sorted, at, true)),
    below: (at) => p(at, estimate >= at, sorted.length - countBelow(sorted, at, false)),
    needed: async (at) => {
      const far = Math.abs(estimate - at);
      if (far === 0) return null;
      const spread = estimate > at ? estimate - low : high - estimate;
      const bySpread = cases * (spread / far) ** 2;
      const byUnseen =
        reach === null || far >= reach ? 0 : (Math.log(TAIL) / Math.log1p(-far / reach)) * (cases / units);
      const needed = Math.ceil(Math.max(bySpread, byUnseen, cases + 1));
      return needed > 1e9 ? null : needed;
    },
  };
}

/** Resamples beyond a point, of which fewer say little of their share. */
const FEW = 10;

/**
 * The share of resamples beyond a point. Where fewer than {@link FEW} are, by a normal distribution that has as many beyond
 * the place where that many are: with a thousand resamples there would be no chance under one in a thousand.
 *
 * @param far How far the point is from the estimate, over how far that place is.
 */
function shareBeyond(beyond: number, all: number, far: number): number {
  const counted = (beyond + 1) / (all + 1);
  return beyond >= FEW || !(far > 1) ? counted : normalCdf(normalQuantile(FEW / all) * far);
}

/** What a share of resamples says of `n` cases: at few of them, more. */
function expanded(share: number, n: number): number {
  if (share >= 0.5 || n < 2) return share;
  return studentUpperTail(-normalQuantile(share) * Math.sqrt((n - 1) / n), n - 1);
}

/** The share of resamples that says `tail`. */
function contracted(tail: number, n: number): number {
  return n < 2 ? tail : normalCdf(-studentQuantile(tail, n - 1) * Math.sqrt(n / (n - 1)));
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
