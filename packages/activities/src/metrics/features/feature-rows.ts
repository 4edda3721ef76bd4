import { ErrorCode, SluiceError } from '@sluice/sdk';

/** Features of pictures or texts, a row each, in one piece of memory. */
export interface FeatureRows {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float64Array;
}

/** @throws SluiceError `InvalidStep` for rows that are not all as long as the first, or a number that is not finite */
export function featureRows(vectors: readonly ArrayLike<number>[]): FeatureRows {
  const columns = vectors[0]?.length ?? 0;
  const values = new Float64Array(vectors.length * columns);
  for (const [row, vector] of vectors.entries()) {
    if (vector.length !== columns) throw wrong(row, `${vector.length} numbers, and those of number 1 ${columns}`);
    for (let column = 0; column < columns; column += 1) {
      const value = vector[column] as number;
      if (!Number.isFinite(value)) throw wrong(row, `${value} among their numbers`);
      values[row * columns + column] = value;
    }
  }
  return { rows: vectors.length, columns, values };
}

/** @throws SluiceError `InvalidStep` for two sets whose features are not equally many */
export function checkColumns(a: FeatureRows, b: FeatureRows): void {
  if (a.columns === b.columns) return;
  throw new SluiceError(ErrorCode.InvalidStep, `One set has ${a.columns} features, the other ${b.columns}.`, {
    fix: 'Take the features of both by one extractor.',
  });
}

/** Σ aᵢbᵢ of one row each. */
export function product(a: FeatureRows, row: number, b: FeatureRows, other: number): number {
  const { columns } = a;
  let sum = 0;
  for (let at = 0, left = row * columns, right = other * columns; at < columns; at += 1) {
    sum += (a.values[left + at] as number) * (b.values[right + at] as number);
  }
  return sum;
}

function wrong(row: number, what: string): SluiceError {
  return new SluiceError(ErrorCode.InvalidStep, `The features of number ${row + 1} have ${what}.`, {
    fix: 'Take all features by one extractor, and leave out what it cannot read.',
  });
}
