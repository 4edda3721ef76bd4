import { ErrorCode, SluiceError } from '@sluice/sdk';
import { badAnswer, badExpected, type CorpusMetric, show, type Unscored } from '../metric.ts';
import type { OptionReader } from '../options.ts';
import { vectorOf } from '../vectors.ts';
import { type FeatureRows, featureRows } from './feature-rows.ts';
import { fid } from './fid.ts';
import { kid, kidProducts } from './kid.ts';

/** Features of what was expected and of what was answered. */
type FeaturePart = readonly [expected: readonly number[], answer: readonly number[]];

/**
 * Fréchet distance between the features of all that was expected and of all answers. It falls as sets grow: compare it
 * over equally many cases only, and by the same features.
 */
export function fidMetric(options: OptionReader): CorpusMetric<FeaturePart> {
  return featureMetric(options, [0, null], (expected, answers) => {
    const size = Math.min(Math.max(expected.rows, answers.rows), expected.columns);
    if (size <= MOST_SIZE) return fid(expected, answers);
    throw new SluiceError(
      ErrorCode.InvalidStep,
      `fid of ${expected.rows} cases with ${expected.columns} features takes too long: its time grows as the cube of the smaller of both.`,
      { where: 'metric fid', fix: `Take at most ${MOST_SIZE} features, or kid with a small subsetSize.` },
    );
  });
}

/** Rows and columns of the matrix that is decomposed: some seconds, in which nothing else of the worker moves. */
const MOST_SIZE = 512;

/**
 * Kernel distance between the features of all that was expected and of all answers; without bias, so the one for a few
 * hundred cases. Below 0 by chance where sets are alike.
 *
 * Options: `subsets`, @default 100; `subsetSize`, @default 1000; `seed`, @default 0.
 */
export function kidMetric(options: OptionReader): CorpusMetric<FeaturePart> {
  const subsets = options.whole('subsets', 100, 1, 10_000);
  const subsetSize = options.whole('subsetSize', 1000, 2, 100_000);
  const seed = options.whole('seed', 0, 0, Number.MAX_SAFE_INTEGER);
  const sets = { subsets, subsetSize, seed };
  return featureMetric(options, [null, null], (expected, answers) => {
    if (kidProducts(expected, answers, sets) <= MOST_PRODUCTS) return kid(expected, answers, sets)?.mean ?? null;
    throw new SluiceError(
      ErrorCode.InvalidStep,
      `kid of ${expected.rows} cases with ${expected.columns} features takes too long: its time grows with the features and the square of the cases.`,
      { where: 'metric kid', fix: 'Take fewer features, or options: { subsets: 10, subsetSize: 100 }.' },
    );
  });
}

/** Products of two features, a second for some 200 million of them. */
const MOST_PRODUCTS = 2e9;

/** Of what is not, sums of sixth powers (the kernel of KID) can be held, over as many cases as there may be. */
function isTooLarge(feature: number): boolean {
  return Math.abs(feature) > 1e30;
}

function featureMetric(
  options: OptionReader,
  range: readonly [number | null, number | null],
  distance: (expected: FeatureRows, answers: FeatureRows) => number | null,
): CorpusMetric<FeaturePart> {
  return {
    name: options.metric,
    of: 'corpus',
    better: 'lower',
    range,
    unit: null,
    signature: options.end(),
    part({ expected, answer }): FeaturePart | Unscored {
      const wanted = vectorOf(expected);
      if (wanted === null) return badExpected(`what was expected, ${show(expected)}, is not a list of features`);
      const said = vectorOf(answer);
      if (said === null) return badAnswer(`the answer ${show(answer)} is not a list of features`);
      if (said.length !== wanted.length) {
        return badAnswer(`the answer has ${said.length} features where ${wanted.length} were expected`);
      }
      if (wanted.some(isTooLarge))
        return badExpected(`what was expected, ${show(expected)}, has a feature that is too large`);
      if (said.some(isTooLarge)) return badAnswer(`the answer ${show(answer)} has a feature that is too large`);
      return [[...wanted], [...said]];
    },
    score: (parts) =>
      distance(featureRows(parts.map(([expected]) => expected)), featureRows(parts.map(([, answer]) => answer))),
  };
}
