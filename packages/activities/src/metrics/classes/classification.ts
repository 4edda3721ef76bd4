import { upToOne } from '../facts.ts';
import { type CaseMetric, type CorpusMetric, isUnscored } from '../metric.ts';
import type { OptionReader } from '../options.ts';
import { labelsOf } from './labels.ts';

/** The share of right classes: scikit-learn's `accuracy_score`. */
export function accuracy(options: OptionReader): CaseMetric {
  return {
    of: 'case',
    ...upToOne(options),
    score(one) {
      const labels = labelsOf(one);
      if (isUnscored(labels)) return labels;
      return labels.expected === labels.answer ? 1 : 0;
    },
  };
}

/** What is known of one class: cases that are of it and were said to be, said to be, and are. */
export type ClassCounts = readonly [right: number, said: number, expected: number];

/**
 * F1 of classes: scikit-learn's `f1_score`. `macro` is the mean over all classes that are expected or answered,
 * `weighted` the same by how often each is expected, `micro` counts all classes together, which is the accuracy where
 * each case has one, and `binary` is the F1 of one class.
 *
 * Options: `average`, @default macro; `positive`, the class of `binary`, @default 1, or true.
 */
export function classF1(options: OptionReader): CorpusMetric<readonly [expected: string, answer: string]> {
  const average = options.oneOf('average', 'macro', ['macro', 'micro', 'weighted', 'binary']);
  const positive = options.text('positive');
  return {
    of: 'corpus',
    ...upToOne(options),
    part(one) {
      const labels = labelsOf(one);
      return isUnscored(labels) ? labels : [labels.expected, labels.answer];
    },
    score(parts) {
      const counts = countClasses(parts);
      if (average !== 'binary') return averageF1([...counts.values()], average);
      const one = positive === null ? (counts.get('1') ?? counts.get('true')) : counts.get(positive);
      return one === undefined ? null : f1Of(one);
    },
  };
}

function countClasses(parts: readonly (readonly [expected: string, answer: string])[]): Map<string, ClassCounts> {
  const counts = new Map<string, [number, number, number]>();
  const of = (label: string): [number, number, number] => {
    const known = counts.get(label) ?? [0, 0, 0];
    counts.set(label, known);
    return known;
  };
  for (const [expected, answer] of parts) {
    if (expected === answer) of(expected)[0] += 1;
    of(answer)[1] += 1;
    of(expected)[2] += 1;
  }
  return counts;
}

/** @returns null where nothing is expected and nothing answered */
export function averageF1(counts: readonly ClassCounts[], average: 'macro' | 'micro' | 'weighted'): number | null {
  const all = counts.reduce<ClassCounts>((sum, one) => [sum[0] + one[0], sum[1] + one[1], sum[2] + one[2]], [0, 0, 0]);
  if (all[1] + all[2] === 0) return null;
  if (average === 'micro') return f1Of(all);
  if (average === 'macro') return counts.reduce((sum, one) => sum + f1Of(one), 0) / counts.length;
  return all[2] === 0 ? 0 : counts.reduce((sum, one) => sum + one[2] * f1Of(one), 0) / all[2];
}

function f1Of([right, said, expected]: ClassCounts): number {
  return said + expected === 0 ? 0 : (2 * right) / (said + expected);
}
