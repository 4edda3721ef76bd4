import type { Json } from '@sluice/sdk';
import { badAnswer, badExpected, type CaseMetric, show } from './metric.ts';
import type { OptionReader } from './options.ts';

/**
 * The cosine of the angle between two vectors, such as embeddings: −1 to 1.
 */
export function cosine(options: OptionReader): CaseMetric {
  return {
    name: options.metric,
    of: 'case',
    better: 'higher',
    range: [-1, 1],
    unit: null,
    signature: options.end(),
    score({ expected, answer }) {
      const wanted = vectorOf(expected);
      if (wanted === null)
        return badExpected(`what was expected, ${show(expected)}, is not a vector of finite numbers`);
      const said = vectorOf(answer);
      if (said === null) return badAnswer(`the answer ${show(answer)} is not a vector of finite numbers`);
      if (said.length !== wanted.length) {
        return badAnswer(`the answer has ${said.length} numbers where ${wanted.length} were expected`);
      }
      const lengths = [greatest(wanted), greatest(said)];
      if (lengths[0] === 0) return badExpected('what was expected is a vector of zeros, which has no direction');
      if (lengths[1] === 0) return badAnswer('the answer is a vector of zeros, which has no direction');
      return cosineOf(wanted, said);
    },
  };
}

/** The cosine of two vectors of one length, neither of them zero. */
function cosineOf(a: Float64Array, b: Float64Array): number {
  // In units of their greatest numbers, so that no square is too large or too small for a number.
  const [unitA, unitB] = [greatest(a), greatest(b)];
  let [product, squaresA, squaresB] = [0, 0, 0];
  for (let at = 0; at < a.length; at += 1) {
    const [x, y] = [(a[at] as number) / unitA, (b[at] as number) / unitB];
    product += x * y;
    squaresA += x * x;
    squaresB += y * y;
  }
  return Math.max(-1, Math.min(1, product / Math.sqrt(squaresA * squaresB)));
}

/** A list of finite numbers, or a list of one such list, which is what a server answers for one row. */
export function vectorOf(value: Json): Float64Array | null {
  if (!Array.isArray(value) || value.length === 0) return null;
  const list: readonly unknown[] = value.length === 1 && Array.isArray(value[0]) ? value[0] : value;
  if (list.length === 0 || !list.every((one) => typeof one === 'number' && Number.isFinite(one))) return null;
  return Float64Array.from(list as readonly number[]);
}

function greatest(vector: Float64Array): number {
  return vector.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
}
