import type { Verdict } from '@sluice/sdk';
import { lowerMeanBound, valuesNeeded } from '../statistics/mean-bound.ts';
import { meanOf, mirrored, weighed } from '../statistics/weighed-values.ts';

export interface CompareOptions {
  /** How much worse is still good enough. */
  readonly margin: number;
  /** The most that one case can lose or gain; null where nobody said. */
  readonly worst: number | null;
  readonly confidence: number;
  /** Called between slices of work; throw to stop. */
  readonly onSlice?: () => void;
}

export interface Comparison {
  readonly effect: number;
  readonly interval: [number, number];
  readonly verdict: Verdict;
  /** How many cases like these would tell; null where no number would, or too large a one. */
  readonly needed: () => Promise<number | null>;
  /** The loss of one case that the lower end reckons with. */
  readonly reckoned: number;
  /** The most that a case lost, where `worst` says less. */
  readonly beyond: number | null;
}

/** A loss of one case that is reckoned with unseen, in margins: one in a hundred cases that uses the margin up alone. */
export const MARGINS = 100;

/**
 * The same in distances from the mean gain to its farthest case, where losses have no known end: the fewer cases, the
 * less of a long tail they show. Chosen by simulation (`bench coverage`); it costs nothing, because so few cases do not
 * tell without `worst` anyway.
 */
export function beyondSeen(n: number): number {
  return 2 + 100 / n;
}

/**
 * Non-inferiority of a mean gain: the whole interval above −margin passes, the whole interval below it fails. Each end
 * is Gaffke's bound for gains that lie above an end of the scale ({@link endOf}).
 *
 * @param gains One per case, candidate − baseline, at least one.
 * @returns Null when gains are too large for numbers: not even their differences can be held.
 */
export async function compareMeans(gains: Float64Array, options: CompareOptions): Promise<Comparison | null> {
  const { margin, worst, onSlice } = options;
  const [least, most] = ends(gains);
  // A unit in which squares can be held, whatever the metric's is; a power of two, so that nothing is rounded.
  const unit = 2 ** Math.ceil(Math.log2(Math.max(-least, most, margin, worst ?? 0)));
  if (!Number.isFinite(unit * MARGINS * beyondSeen(1))) return null;
  const scaled = weighed(gains.map((gain) => gain / unit));
  const tail = { tail: (1 - options.confidence) / 2, ...(onSlice === undefined ? {} : { onSlice }) };
  const own = { margin: margin / unit, worst: worst === null ? null : worst / unit };
  const effect = meanOf(scaled);
  const lowEnd = endOf(effect, least / unit, gains.length, own);
  const low = await lowerMeanBound(scaled, lowEnd, tail);
  const losses = mirrored(scaled);
  const highEnd = endOf(-effect, -most / unit, gains.length, own);
  const high = -(await lowerMeanBound(losses, highEnd, tail));
  const verdict = low > -own.margin ? 'pass' : high < -own.margin ? 'fail' : 'inconclusive';
  return {
    effect: effect * unit,
    interval: [low * unit, high * unit],
    verdict,
    needed: () =>
      effect > -own.margin
        ? valuesNeeded(scaled, lowEnd, -own.margin, tail)
        : valuesNeeded(losses, highEnd, own.margin, tail),
    reckoned: -lowEnd * unit,
    beyond: worst !== null && -least > worst ? -least : null,
  };
}

/**
 * The least gain that is reckoned with although nobody saw it. Where `worst` is given and no case refutes it, that;
 * else as many margins as one in a hundred cases would need to use the margin up, and {@link beyondSeen} times as
 * far from the mean as what was seen, because the tail of what has no end goes on beyond the sample.
 */
export function endOf(
  mean: number,
  least: number,
  n: number,
  { margin, worst }: { readonly margin: number; readonly worst: number | null },
): number {
  if (worst !== null && least >= -worst) return -worst;
  return Math.min(-Math.max(MARGINS * margin, worst ?? 0), mean - beyondSeen(n) * (mean - least));
}

function ends(gains: Float64Array): [number, number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const gain of gains) {
    // Not Math.min alone: NaN has to be seen.
    if (!Number.isFinite(gain)) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    least = Math.min(least, gain);
    most = Math.max(most, gain);
  }
  return [least, most];
}
