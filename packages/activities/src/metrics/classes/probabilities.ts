import type { Json } from '@sluice/sdk';
import { fromZero, upToOne } from '../facts.ts';
import {
  type Answered,
  badAnswer,
  badExpected,
  type CaseMetric,
  type CorpusMetric,
  isUnscored,
  show,
  type Unscored,
} from '../metric.ts';
import type { OptionReader } from '../options.ts';
import { single } from '../single.ts';
import { isPositive, isScalar, scoresByClass } from './labels.ts';
import { averagePrecision, type Ranked, rocAuc } from './ranking.ts';

/** Probabilities are cut to [EPSILON, 1 − EPSILON], so that a sure error costs 36 and not everything. */
const EPSILON = 2 ** -52;

/** How far the probabilities of one answer may be from 1 together: as far as two digits are rounded. */
const SUM_TOLERANCE = 0.01;

/**
 * −log of the probability that the answer gives to the expected class: scikit-learn's `log_loss`. The answer is the
 * probability of the positive class, or one for each class.
 *
 * Options: `positive`, the class that a single probability is of, @default 1, or true.
 */
export function logLoss(options: OptionReader): CaseMetric {
  const positive = options.text('positive');
  return {
    of: 'case',
    ...fromZero(options),
    score(one) {
      const given = probabilityOf(one, positive);
      return isUnscored(given) ? given : -Math.log(Math.min(1 - EPSILON, Math.max(EPSILON, given)));
    },
  };
}

function probabilityOf({ expected, answer }: Answered, positive: string | null): number | Unscored {
  const wrong = () => badAnswer(`the answer ${show(answer)} is no probability, and no probability for each class`);
  const inner = single(answer);
  if (typeof inner === 'number') {
    const truly = isPositive(expected, positive);
    if (isUnscored(truly)) return truly;
    if (!(inner >= 0 && inner <= 1)) return wrong();
    return truly ? inner : 1 - inner;
  }
  if (!isScalar(expected)) return badExpected(`what was expected, ${show(expected)}, is not a class`);
  const scores = scoresByClass(answer);
  if (scores === null || Object.values(scores).some((score) => score < 0 || score > 1)) return wrong();
  const sum = Object.values(scores).reduce((all, score) => all + score, 0);
  if (Math.abs(sum - 1) > SUM_TOLERANCE) return badAnswer(`the probabilities ${show(answer)} are not 1 together`);
  return Object.hasOwn(scores, String(expected)) ? (scores[String(expected)] as number) : 0;
}

/** A score of the positive class, 1 for a positive case; or the expected class, and a score for each class. */
type RankedPart =
  | readonly [positive: 0 | 1, score: number]
  | readonly [label: string, scores: { readonly [label: string]: number }];

/**
 * Area under the ROC curve of one score; with a score for each class the mean over classes of one against the rest:
 * scikit-learn's `roc_auc_score`, `multi_class="ovr"`. Classes that no case expects are left out.
 *
 * Options: `positive`, the class that a single score is of, @default 1, or true; `average` over classes, `macro` or
 * `weighted` by how often each is expected, @default macro.
 */
export function rocAucMetric(options: OptionReader): CorpusMetric<RankedPart> {
  return rankingMetric(options, rocAuc);
}

/** Average precision, with the same answers and options: scikit-learn's `average_precision_score`. */
export function averagePrecisionMetric(options: OptionReader): CorpusMetric<RankedPart> {
  return rankingMetric(options, averagePrecision);
}

function rankingMetric(options: OptionReader, measure: (ranked: Ranked) => number | null): CorpusMetric<RankedPart> {
  const positive = options.text('positive');
  const average = options.oneOf('average', 'macro', ['macro', 'weighted']);
  return {
    of: 'corpus',
    ...upToOne(options),
    part: (one) => rankedPart(one, positive),
    score(parts) {
      if (parts.length === 0) return null;
      // One and the same model answers one score or many. Where it mixes them there is nothing to rank.
      if (parts.every(isBinary))
        return measure(
          ranked(
            parts,
            ([, score]) => score,
            ([truly]) => truly === 1,
          ),
        );
      if (parts.some(isBinary)) return null;
      return overClasses(parts as readonly ManyScores[], measure, average);
    },
  };
}

type OneScore = Extract<RankedPart, readonly [0 | 1, number]>;
type ManyScores = Exclude<RankedPart, OneScore>;

function isBinary(part: RankedPart): part is OneScore {
  return typeof part[1] === 'number';
}

function overClasses(
  parts: readonly ManyScores[],
  measure: (ranked: Ranked) => number | null,
  average: 'macro' | 'weighted',
): number | null {
  const times = new Map<string, number>();
  for (const [label] of parts) times.set(label, (times.get(label) ?? 0) + 1);
  if (times.size < 2) return null;
  let [sum, weights] = [0, 0];
  for (const [label, count] of times) {
    const scoreOf = ([, scores]: ManyScores) => (Object.hasOwn(scores, label) ? (scores[label] as number) : 0);
    const one = measure(ranked(parts, scoreOf, ([own]) => own === label));
    if (one === null) return null;
    const weight = average === 'macro' ? 1 : count;
    sum += weight * one;
    weights += weight;
  }
  return sum / weights;
}

function ranked<Part>(
  parts: readonly Part[],
  scoreOf: (part: Part) => number,
  isTrue: (part: Part) => boolean,
): Ranked {
  return {
    scores: Float64Array.from(parts, scoreOf),
    positive: Uint8Array.from(parts, (part) => Number(isTrue(part))),
  };
}

function rankedPart({ expected, answer }: Answered, positive: string | null): RankedPart | Unscored {
  const inner = single(answer) as Json;
  if (typeof inner === 'number' && Number.isFinite(inner)) {
    const truly = isPositive(expected, positive);
    return isUnscored(truly) ? truly : [truly ? 1 : 0, inner];
  }
  if (!isScalar(expected)) return badExpected(`what was expected, ${show(expected)}, is not a class`);
  const scores = scoresByClass(answer);
  return scores === null
    ? badAnswer(`the answer ${show(answer)} is neither a score nor a score for each class`)
    : [String(expected), scores];
}
