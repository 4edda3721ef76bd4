import { type Random, seededRandom } from '../../statistics/random.ts';
import { checkColumns, type FeatureRows, product } from './feature-rows.ts';

export interface KidOptions {
  /** How many subsets the mean is over. @default 100 */
  readonly subsets?: number;
  /** Rows of a subset, of each set. Sets that have no more are taken whole, once. @default 1000 */
  readonly subsetSize?: number;
  /** @default 0 */
  readonly seed?: number | string;
}

export interface Kid {
  readonly mean: number;
  /** Standard deviation over the subsets; 0 for whole sets. */
  readonly sd: number;
  readonly subsets: number;
  readonly subsetSize: number;
}

/**
 * Kernel distance of two sets of features: the unbiased estimate of the squared maximum mean discrepancy with the
 * kernel (x·y / d + 1)³, the mean over subsets drawn without replacement. Bińkowski and others, "Demystifying MMD GANs"
 * (2018); torch-fidelity computes the same of the same subsets. It may be negative where sets are alike.
 *
 * @returns null for fewer than two rows in a set
 */
export function kid(a: FeatureRows, b: FeatureRows, options: KidOptions = {}): Kid | null {
  checkColumns(a, b);
  const { subsets = 100, subsetSize = 1000, seed = 0 } = options;
  const least = Math.min(a.rows, b.rows);
  if (least < 2) return null;
  if (a.rows <= subsetSize || b.rows <= subsetSize) {
    const mean = discrepancy(a, everyRow(a), b, everyRow(b));
    return { mean, sd: 0, subsets: 1, subsetSize: least };
  }
  const random = seededRandom(seed);
  const found = Array.from({ length: subsets }, () =>
    discrepancy(a, drawn(random, a.rows, subsetSize), b, drawn(random, b.rows, subsetSize)),
  );
  const mean = found.reduce((sum, one) => sum + one, 0) / subsets;
  const sd = Math.sqrt(found.reduce((sum, one) => sum + (one - mean) ** 2, 0) / subsets);
  return { mean, sd, subsets, subsetSize };
}

/** The unbiased estimate: rows are not compared with themselves. */
function discrepancy(a: FeatureRows, rowsA: Uint32Array, b: FeatureRows, rowsB: Uint32Array): number {
  const [m, n] = [rowsA.length, rowsB.length];
  let [within, across] = [0, 0];
  for (const [set, rows] of [
    [a, rowsA],
    [b, rowsB],
  ] as const) {
    let sum = 0;
    for (let i = 0; i < rows.length; i += 1) {
      for (let j = 0; j < i; j += 1) sum += kernel(set, rows[i] as number, set, rows[j] as number);
    }
    within += (2 * sum) / (rows.length * (rows.length - 1));
  }
  for (const i of rowsA) for (const j of rowsB) across += kernel(a, i, b, j);
  return within - (2 * across) / (m * n);
}

function kernel(a: FeatureRows, row: number, b: FeatureRows, other: number): number {
  const value = product(a, row, b, other) / a.columns + 1;
  return value * value * value;
}

function everyRow({ rows }: FeatureRows): Uint32Array {
  return Uint32Array.from({ length: rows }, (_, row) => row);
}

/** `count` different rows of `rows`: the first of a shuffle (Fisher and Yates). */
function drawn(random: Random, rows: number, count: number): Uint32Array {
  const order = Uint32Array.from({ length: rows }, (_, row) => row);
  for (let at = 0; at < count; at += 1) {
    const other = at + random.below(rows - at);
    [order[at], order[other]] = [order[other] as number, order[at] as number];
  }
  return order.subarray(0, count);
}
