import { dirichletTail } from '../../statistics/dirichlet-tail.ts';
import { valuesNeeded } from '../../statistics/mean-bound.ts';
import { studentQuantile, studentUpperTail } from '../../statistics/student-t.ts';
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
  /** Values are few and known, right and wrong: what is too low is told by Gaffke's bound too, which then is exact. */
  readonly exact?: boolean;
  readonly onSlice?: () => void;
}

/** Fewest cases (clusters, where there are any) for a statement on numbers without known ends, or on a corpus. */
export const MIN_UNITS = 10;
/** Fewest whose spread tells Student's t how sure their mean is. */
const MIN_SPREAD = 5;

/**
 * The mean of values of which nothing is known but the ends they lie between. That it is high enough is told by Gaffke's
 * bound (`lowerMeanBound`), which reckons with what no case shows; that it is too low by Student's t, which does not: a
 * false alarm can be overridden, and a suite that never tells is of no use. Where cases come in clusters, these are what is drawn: a mean above θ is Σ(sum − θ·size) above 0 (E. C. Fieller, "Some
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
  const below = (at: number) => (options.exact ? tailOf(mirrored, -high, -at) : studentTail(clusters, at));
  return {
    value,
    // Each end is the one of the test that it decides.
    interval: [lowerEnd(above, low, value), -lowerEnd((at) => below(-at), -high, -value)],
    method: options.exact ? 'Gaffke' : 'Gaffke and Student',
    above,
    below,
    needed: (at) => {
      const tail = { tail: TAIL, ...(options.onSlice === undefined ? {} : { onSlice: options.onSlice }) };
      if (value > at) return casesNeeded(clusters, low, at, tail);
      return options.exact ? casesNeeded(mirrored, -high, -at, tail) : Promise.resolve(studentNeeded(clusters, at));
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

/** Of an end of an interval, in shares of what it may be. */
const PRECISION = 1e-7;

/** The greatest `at` that the mean is above for all but {@link TAIL}, by halving: `above` rises with it. */
function lowerEnd(above: (at: number) => number, end: number, value: number): number {
  let [low, high] = [end, value];
  for (let step = 0; step < 60 && high - low > PRECISION * (Math.abs(value) + Math.abs(value - end)); step += 1) {
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

/** Student's one-sided p of the hypothesis that the mean is at least `at`, over clusters where there are some. */
function studentTail(clusters: Clusters, at: number): number {
  const { t, df } = studentOf(clusters, at);
  return df + 1 < MIN_SPREAD ? 0.5 : Math.min(0.5, studentUpperTail(-t, df));
}

function studentNeeded(clusters: Clusters, at: number): number | null {
  const { t, df } = studentOf(clusters, at);
  const units = Math.max(MIN_SPREAD, (df + 1) * (studentQuantile(TAIL, Math.max(df, 1)) / t) ** 2);
  const cases = Math.ceil((units * clusters.cases) / (df + 1));
  return cases > 1e9 || Number.isNaN(cases) ? null : cases;
}

function studentOf({ sums, sizes }: Clusters, at: number): { t: number; df: number } {
  const n = sums.length;
  const apart = sums.map((sum, i) => sum - at * (sizes[i] ?? 0));
  // In shares of the greatest, so that squares can be held.
  const unit = apart.reduce((most, value) => Math.max(most, Math.abs(value)), Number.MIN_VALUE);
  const values = apart.map((value) => value / unit);
  const mean = total(values) / n;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, n - 1));
  return { t: mean === 0 ? 0 : mean / (deviation / Math.sqrt(n)), df: n - 1 };
}

function total(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}
