import { EigenvalueDecomposition, Matrix, SingularValueDecomposition } from 'ml-matrix';
import { checkColumns, type FeatureRows, product } from './feature-rows.ts';

/**
 * Fréchet distance of two sets of features, as of normal distributions: ‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2(Σ₁Σ₂)^½), with
 * covariances over n − 1. Heusel and others, "GANs trained by a two time-scale update rule" (2017); torch-fidelity and
 * clean-fid compute the same of the same features.
 *
 * They take the root of a matrix that is not symmetric, which is inexact where covariances have no full rank. Here
 * Σ = FᵀF, and the trace of the root is the sum of the singular values of F₁F₂ᵀ.
 *
 * @returns null for fewer than two rows in a set
 */
export function fid(a: FeatureRows, b: FeatureRows): number | null {
  checkColumns(a, b);
  if (a.rows < 2 || b.rows < 2) return null;
  const [one, other] = [centred(a), centred(b)];
  let means = 0;
  for (let at = 0; at < a.columns; at += 1) means += ((one.means[at] as number) - (other.means[at] as number)) ** 2;
  const root = sumOfSingularValues(factorOf(one.rows), factorOf(other.rows));
  return Math.max(0, means + variance(one.rows) + variance(other.rows) - 2 * root);
}

function centred(features: FeatureRows): { means: Float64Array; rows: FeatureRows } {
  const { rows, columns } = features;
  const means = new Float64Array(columns);
  for (let at = 0; at < features.values.length; at += 1) {
    means[at % columns] = (means[at % columns] as number) + (features.values[at] as number) / rows;
  }
  const values = features.values.map((value, at) => value - (means[at % columns] as number));
  return { means, rows: { rows, columns, values } };
}

/** The trace of the covariance of centred rows. */
function variance({ rows, values }: FeatureRows): number {
  return values.reduce((sum, value) => sum + value * value, 0) / (rows - 1);
}

/** F, of as few rows as will do, with FᵀF the covariance of centred rows. */
function factorOf(centredRows: FeatureRows): FeatureRows {
  const { rows, columns, values } = centredRows;
  if (rows <= columns) return { rows, columns, values: values.map((value) => value / Math.sqrt(rows - 1)) };
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(covariance(centredRows), {
    assumeSymmetric: true,
  });
  const factor = new Float64Array(columns * columns);
  for (let row = 0; row < columns; row += 1) {
    // Rounding makes what is 0 a little less.
    const scale = Math.sqrt(Math.max(0, realEigenvalues[row] as number));
    for (let at = 0; at < columns; at += 1) factor[row * columns + at] = scale * eigenvectorMatrix.get(at, row);
  }
  return { rows: columns, columns, values: factor };
}

function covariance({ rows, columns, values }: FeatureRows): Matrix {
  const sums = Array.from({ length: columns }, () => new Float64Array(columns));
  for (let row = 0; row < rows; row += 1) {
    const own = values.subarray(row * columns, (row + 1) * columns);
    for (let i = 0; i < columns; i += 1) {
      const [sum, value] = [sums[i] as Float64Array, own[i] as number];
      for (let j = 0; j <= i; j += 1) sum[j] = (sum[j] as number) + value * (own[j] as number);
    }
  }
  const matrix = new Matrix(columns, columns);
  for (let i = 0; i < columns; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      const value = ((sums[i] as Float64Array)[j] as number) / (rows - 1);
      matrix.set(i, j, value).set(j, i, value);
    }
  }
  return matrix;
}

function sumOfSingularValues(a: FeatureRows, b: FeatureRows): number {
  const matrix = new Matrix(a.rows, b.rows);
  for (let i = 0; i < a.rows; i += 1) for (let j = 0; j < b.rows; j += 1) matrix.set(i, j, product(a, i, b, j));
  const { diagonal } = new SingularValueDecomposition(matrix, {
    computeLeftSingularVectors: false,
    computeRightSingularVectors: false,
    autoTranspose: true,
  });
  return diagonal.reduce((sum, value) => sum + value, 0);
}
