import { dirichletTail } from '../../statistics/dirichlet-tail.ts';
import { valuesNeeded } from '../../statistics/mean-bound.ts';
import { type Weighed, weighed } from '../../statistics/weighed-values.ts';
import { type Inference, TAIL } from './inference.ts';

/** Cases that hang together: sums and sizes of their clusters. A case that stands for itself is a cluster of one. */
interface Clusters {
  readonly sums: Float64Array;
  readonly sizes: Float64Array;
  readonly cases: number;
}

export interface MeanOptions {
  /** Ends of one case's value, beyond which none is reckoned with; as {@link endOf} of compare-means says where nobody knows. */
  readonly ends: readonly [number, number];
  /** Index of each case's cluster, from 0; null: each case stands for itself. */
  readonly clusters: Int32Array | null;
  readonly onSlice?: () => void;
}

/**
 * The mean of values of which nothing is known but the ends they lie between: Gaffke's bound (`lowerMeanBound`). Where
 * cases come in clusters, these are what is drawn: a mean above θ is Σ(sum − θ·size) above 0 (E. C. Fieller, "Some
 * problems in interval estimation", 1954), which is a statement on independent clusters again; none larger than the
 * largest seen is reckoned with.
 *
 * @param values At least one, all finite.
 */
export function meanInference(values: Float64Array, options: MeanOptions): Inference {
  const clusters = clustersOf(values, options.clusters);
  const mirrored: Clusters = { ...clusters, sums: clusters.sums.map((sum) => -sum) };
  const [low, high] = options.ends;
  const value = total(clusters.sums) / clusters.cases;
  const above = (at: number) => tailOf(clusters, low, at);
  const below = (at: number) => tailOf(mirrored, -high, -at);
  return {
    value,
    interval: [lowerEnd(above, low, value), -lowerEnd((at) => below(-at), -high, -value)],
    method: options.clusters === null ? 'Gaffke' : 'Gaffke over clusters',
    above,
    below,
    needed: (at) => {
      const tail = { tail: TAIL, ...(options.onSlice === undefined ? {} : { onSlice: options.onSlice }) };
      return value > at ? casesNeeded(clusters, low, at, tail) : casesNeeded(mirrored, -high, -at, tail);
    },
  };
}

function clustersOf(values: Float64Array, index: Int32Array | null): Clusters {
  if (index === null) return { sums: values, sizes: new Float64Array(values.length).fill(1), cases: values.length };
  const count = index.reduce((most, one) => Math.max(most, one), -1) + 1;
  const sums = new Float64Array(count);
  const sizes = new Float64Array(count);
  for (const [i, cluster] of index.entries()) {
    sums[cluster] = (sums[cluster] ?? 0) + (values[i] ?? 0);
    sizes[cluster] = (sizes[cluster] ?? 0) + 1;
  }
  const used = sizes.map((size, i) => (size > 0 ? i : -1)).filter((i) => i >= 0);
  return {
    sums: new Float64Array(used.map((i) => sums[i] ?? 0)),
    sizes: new Float64Array(used.map((i) => sizes[i] ?? 0)),
    cases: values.length,
  };
}

/** Chance, under the hypothesis that the mean is at most `at`, of values like these. Capped at 1/2. */
function tailOf(clusters: Clusters, end: number, at: number): number {
  const { sample, low } = shifted(clusters, end, at);
  return dirichletTail(sample, low, 0);
}

/** What clusters are above `at`, in shares of the greatest there is, so that squares can be held; and its lower end. */
function shifted({ sums, sizes }: Clusters, end: number, at: number): { sample: Weighed; low: number } {
  const largest = sizes.reduce((most, size) => Math.max(most, size), 1);
  const values = sums.map((sum, i) => sum - at * (sizes[i] ?? 0));
  const low = values.reduce((least, value) => Math.min(least, value), largest * (end - at));
  const unit = values.reduce((most, value) => Math.max(most, value), Math.max(-low, Number.MIN_VALUE));
  return { sample: weighed(values.map((value) => value / unit)), low: low / unit };
}

/** The greatest `at` that the mean is above for all but {@link TAIL}, by halving: `above` rises with it. */
function lowerEnd(above: (at: number) => number, end: number, value: number): number {
  let [low, high] = [end, value];
  for (let step = 0; step < 60 && high - low > 1e-9 * (Math.abs(value) + Math.abs(value - end)); step += 1) {
    const middle = (low + high) / 2;
    if (above(middle) < TAIL) low = middle;
    else high = middle;
  }
  return low;
}

async function casesNeeded(
  clusters: Clusters,
  end: number,
  at: number,
  options: { readonly tail: number; readonly onSlice?: () => void },
): Promise<number | null> {
  const { sample, low } = shifted(clusters, end, at);
  const needed = await valuesNeeded(sample, low, 0, options);
  return needed === null ? null : Math.ceil((needed * clusters.cases) / clusters.sums.length);
}

function total(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
