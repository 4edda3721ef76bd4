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
    const direct: Kernels = { aa: kernels(a, a, 0), bb: kernels(b, b, 0), ab: kernels(a, b, 0) };
    const mean = discrepancy(direct, everyRow(a), everyRow(b));
    return { mean, sd: 0, subsets: 1, subsetSize: least };
  }
  const random = seededRandom(seed);
  const uses = subsets * subsetSize ** 2;
  const known: Kernels = { aa: kernels(a, a, uses), bb: kernels(b, b, uses), ab: kernels(a, b, uses) };
  const found = Array.from({ length: subsets }, () =>
    discrepancy(known, drawn(random, a.rows, subsetSize), drawn(random, b.rows, subsetSize)),
  );
  const mean = found.reduce((sum, one) => sum + one, 0) / subsets;
  const sd = Math.sqrt(found.reduce((sum, one) => sum + (one - mean) ** 2, 0) / subsets);
  return { mean, sd, subsets, subsetSize };
}

/** How many products of two features a distance takes. */
export function kidProducts(a: FeatureRows, b: FeatureRows, options: KidOptions = {}): number {
  const { subsets = 100, subsetSize = 1000 } = options;
  const whole = a.rows <= subsetSize || b.rows <= subsetSize;
  const pairs = (one: number, other: number): number =>
    whole ? one * other : isKept(one * other, subsets * subsetSize ** 2) ? one * other : subsets * subsetSize ** 2;
  return (pairs(a.rows, a.rows) + pairs(b.rows, b.rows) + pairs(a.rows, b.rows)) * a.columns;
}

/** The kernel of a row of one set and a row of the other, or of the same. */
type Kernel = (row: number, other: number) => number;

interface Kernels {
  readonly aa: Kernel;
  readonly bb: Kernel;
  readonly ab: Kernel;
}

/** The unbiased estimate: rows are not compared with themselves. */
function discrepancy({ aa, bb, ab }: Kernels, rowsA: Uint32Array, rowsB: Uint32Array): number {
  let across = 0;
  for (const i of rowsA) for (const j of rowsB) across += ab(i, j);
  return within(aa, rowsA) + within(bb, rowsB) - (2 * across) / (rowsA.length * rowsB.length);
}

function within(kernel: Kernel, rows: Uint32Array): number {
  let sum = 0;
  for (let i = 0; i < rows.length; i += 1) {
    for (let j = 0; j < i; j += 1) sum += kernel(rows[i] as number, rows[j] as number);
  }
  return (2 * sum) / (rows.length * (rows.length - 1));
}

/** Numbers that are kept rather than computed again for every subset: 128 MiB. */
const MOST_KEPT = 2 ** 24;

/** Of how many are computed once, where more will be asked for and all of them have room. */
function isKept(all: number, uses: number): boolean {
  return all <= Math.min(uses, MOST_KEPT);
}

/** @param uses how many will be asked for */
function kernels(a: FeatureRows, b: FeatureRows, uses: number): Kernel {
  const compute = (row: number, other: number): number => {
    const value = product(a, row, b, other) / a.columns + 1;
    return value * value * value;
  };
  const all = a.rows * b.rows;
  if (!isKept(all, uses)) return compute;
  const kept = new Float64Array(all);
  for (let at = 0; at < all; at += 1) kept[at] = compute(Math.floor(at / b.rows), at % b.rows);
  return (row, other) => kept[row * b.rows + other] as number;
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
