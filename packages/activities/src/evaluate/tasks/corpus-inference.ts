import { setImmediate as nextTurn } from 'node:timers/promises';
import { seededRandom } from '../../statistics/random.ts';
import { type Inference, TAIL } from './inference.ts';

export interface ResampleOptions {
  /** Resamples. */
  readonly rounds: number;
  readonly seed: number | string;
  /** Index of each case's cluster, from 0; null: each case stands for itself. Whole clusters are drawn. */
  readonly clusters: Int32Array | null;
  /** How much one case can move the number times the number of cases, about: the metric's range. Null: no end. */
  readonly reach: number | null;
  readonly onSlice?: () => void;
}

/**
 * A number that is computed over all cases at once: percentiles of the same over cases that are drawn anew, with the
 * room that cases nobody saw may take: of n cases, 1 − tail^(1/n) may be of a kind that is not among them.
 *
 * @param compute The number over the cases of these indices; null where they have none.
 * @returns null where all cases together have no number, or half of the resamples have none
 */
export async function corpusInference(
  n: number,
  compute: (indices: Int32Array) => number | null,
  options: ResampleOptions,
): Promise<Inference | null> {
  const { rounds, clusters, reach } = options;
  const value = compute(Int32Array.from({ length: n }, (_, i) => i));
  if (value === null || !Number.isFinite(value)) return null;
  const members = clusters === null ? null : membersOf(clusters);
  const units = members?.length ?? n;
  const random = seededRandom(options.seed);
  const drawn: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const chosen = Int32Array.from({ length: units }, () => random.below(units));
    const found = compute(
      members === null ? chosen : Int32Array.from([...chosen].flatMap((unit) => members[unit] ?? [])),
    );
    if (found !== null && Number.isFinite(found)) drawn.push(found);
    if (round % 64 === 63) {
      options.onSlice?.();
      await nextTurn();
    }
  }
  if (drawn.length < rounds / 2) return null;
  return inferenceOf(value, Float64Array.from(drawn).sort(), units, n, reach);
}

function inferenceOf(value: number, drawn: Float64Array, units: number, n: number, reach: number | null): Inference {
  const unseen = (chance: number) => (reach ?? 0) * (1 - chance ** (1 / units));
  // The chance that cases which would move it so far are among nobody's.
  const missed = (far: number) => (reach === null || far <= 0 ? 0 : Math.max(0, 1 - far / reach) ** units);
  const share = (count: number) => (count + 1) / (drawn.length + 1);
  const low = Math.min(quantile(drawn, TAIL), value - unseen(TAIL));
  const high = Math.max(quantile(drawn, 1 - TAIL), value + unseen(TAIL));
  const side = (at: number, counted: number) => Math.min(1, Math.max(share(counted), missed(Math.abs(value - at))));
  return {
    value,
    interval: [low, high],
    method: 'resampling',
    above: (at) => (value <= at ? Math.max(0.5, share(countUpTo(drawn, at))) : side(at, countUpTo(drawn, at))),
    below: (at) => {
      const over = drawn.length - countUpTo(drawn, at, true);
      return value >= at ? Math.max(0.5, share(over)) : side(at, over);
    },
    needed: async (at) => {
      const distance = Math.abs(value - at);
      if (distance === 0) return null;
      const spread = value > at ? value - quantile(drawn, TAIL) : quantile(drawn, 1 - TAIL) - value;
      const bySpread = n * (spread / distance) ** 2;
      const byUnseen =
        reach === null || distance >= reach ? 0 : (Math.log(TAIL) / Math.log1p(-distance / reach)) * (n / units);
      const all = Math.ceil(Math.max(bySpread, byUnseen, n + 1));
      return all > 1e9 ? null : all;
    },
  };
}

function membersOf(clusters: Int32Array): number[][] {
  const members = new Map<number, number[]>();
  for (const [i, cluster] of clusters.entries()) {
    const list = members.get(cluster);
    if (list === undefined) members.set(cluster, [i]);
    else list.push(i);
  }
  return [...members.values()];
}

/** How many are at most `at`, or below it; of ascending values. */
function countUpTo(sorted: Float64Array, at: number, below = false): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const value = sorted[middle] ?? 0;
    if (below ? value < at : value <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Interpolated between order statistics, as numpy does by default. */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)] ?? 0;
  const over = sorted[Math.ceil(at)] ?? below;
  return below + (over - below) * (at - Math.floor(at));
}
