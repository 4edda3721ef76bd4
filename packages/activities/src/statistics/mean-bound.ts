import { setImmediate as nextTurn } from 'node:timers/promises';
import { dirichletTail } from './dirichlet-tail.ts';
import { meanOf, type Weighed } from './weighed-values.ts';

export interface MeanBoundOptions {
  /** Chance of a mean below the bound, 0 to 1/2. */
  readonly tail: number;
  /** Called between slices of work; throw to stop. */
  readonly onSlice?: () => void;
}

/** Values looked at after which the event loop gets a turn: some milliseconds of work. */
const SLICE = 500_000;
/** Passes over the values that one tail takes, about. */
const PASSES = 6;
/** More cases than anybody will gather. */
const MOST_CASES = 1e9;

/**
 * Lower confidence bound of the mean of a distribution of which nothing is known but that it lies above `end`:
 * Gaffke's bound (N. Gaffke, "Three test statistics for a nonparametric one-sided hypothesis on the mean of a
 * nonnegative variable", 2004; E. Learned-Miller and P. S. Thomas, arXiv 1905.06208). On values that are `end` or one
 * other it is Clopper and Pearson's exact bound, so n values of which none is bad still reckon with
 * 1 − tail^(1/n) of bad ones; on many well-behaved values it is Student's. That it holds for every such distribution
 * is a conjecture of 2004 that nobody has refuted; `bench coverage` shows it for ours.
 *
 * @param sample At least one value, none below `end`; all of a size whose square can be held.
 */
export async function lowerMeanBound(sample: Weighed, end: number, options: MeanBoundOptions): Promise<number> {
  const turn = turns(sample.values.length, options.onSlice);
  const wanted = depth(options.tail);
  const middle = (end + sample.n * meanOf(sample)) / (sample.n + 1);
  // How deep in the tail a point lies is nearly a straight line; the secant goes along it, kept within its bracket.
  let [low, high] = [end, middle];
  let [lowDepth, highDepth] = [Number.POSITIVE_INFINITY, depth(0.5)];
  for (let step = 0; step < 100 && high - low > 1e-10 * (middle - end); step += 1) {
    const slope = (highDepth - lowDepth) / (high - low);
    const secant = high + (wanted - highDepth) / slope;
    const inside = step % 3 !== 2 && secant > low && secant < high;
    const at = inside ? secant : (low + high) / 2;
    const found = depth(dirichletTail(sample, end, at));
    if (Math.abs(found - wanted) < 1e-9) return at;
    if (found > wanted) [low, lowDepth] = [at, found];
    else [high, highDepth] = [at, found];
    await turn();
  }
  return low;
}

/**
 * How many values like these would bring the lower bound over `at`; null where more than 10⁹ would be needed, or none
 * would do because their mean is not above it.
 */
export async function valuesNeeded(
  sample: Weighed,
  end: number,
  at: number,
  options: MeanBoundOptions,
): Promise<number | null> {
  const turn = turns(sample.values.length, options.onSlice);
  const enough = async (n: number): Promise<boolean> => {
    await turn();
    return dirichletTail(sample, end, at, n / sample.n) < options.tail;
  };
  let [low, high] = [1, 2];
  while (!(await enough(high))) {
    if (high > MOST_CASES) return null;
    [low, high] = [high, high * 4];
  }
  while (high - low > 1 && high / low > 1.001) {
    const middle = Math.round(Math.sqrt(low * high));
    const next = middle > low && middle < high ? middle : Math.floor((low + high) / 2);
    if (await enough(next)) high = next;
    else low = next;
  }
  return high;
}

/** The normal deviate of a small probability, nearly: a scale on which tails are even. */
function depth(probability: number): number {
  return Math.sqrt(-2 * Math.log(Math.max(probability, 1e-300)));
}

function turns(n: number, onSlice: (() => void) | undefined): () => Promise<void> {
  let work = 0;
  return async () => {
    work += n * PASSES;
    if (work < SLICE) return;
    work = 0;
    onSlice?.();
    await nextTurn();
  };
}
