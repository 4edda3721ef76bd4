import type { Json } from '@sluice/sdk';
import { fromZero } from './facts.ts';
import {
  type Answered,
  badAnswer,
  badExpected,
  type CaseMetric,
  type CorpusMetric,
  show,
  type Unscored,
} from './metric.ts';
import type { OptionReader } from './options.ts';
import { single } from './single.ts';

/** Mean absolute error: scikit-learn's `mean_absolute_error`. */
export function meanAbsoluteError(options: OptionReader): CaseMetric {
  return {
    of: 'case',
    ...fromZero(options),
    score: distance,
  };
}

/** Root of the mean squared error: scikit-learn's `root_mean_squared_error`. A case contributes its absolute error. */
export function rootMeanSquaredError(options: OptionReader): CorpusMetric<number> {
  return {
    of: 'corpus',
    ...fromZero(options),
    part: distance,
    score(distances) {
      if (distances.length === 0) return null;
      let most = 0;
      for (const one of distances) most = Math.max(most, one);
      if (most === 0) return 0;
      // In units of the greatest, so that no square is too large for a number.
      let sum = 0;
      for (const one of distances) sum += (one / most) ** 2;
      return most * Math.sqrt(sum / distances.length);
    },
  };
}

/** How long the answer took, as it was measured. */
export function latency(options: OptionReader): CaseMetric {
  return {
    of: 'case',
    ...fromZero(options),
    unit: 'ms',
    score: ({ latencyMs }) =>
      latencyMs !== null && Number.isFinite(latencyMs) && latencyMs >= 0
        ? latencyMs
        : badAnswer('nobody measured how long the answer took'),
  };
}

function distance({ expected, answer }: Answered): number | Unscored {
  const wanted = finite(expected);
  if (wanted === null) return badExpected(`what was expected, ${show(expected)}, is not a number`);
  const said = finite(answer);
  if (said === null) return badAnswer(`the answer ${show(answer)} is not a number`);
  const far = Math.abs(said - wanted);
  return Number.isFinite(far) ? far : badAnswer(`the answer ${show(answer)} is too far off to be counted`);
}

function finite(value: Json): number | null {
  const inner = single(value);
  return typeof inner === 'number' && Number.isFinite(inner) ? inner : null;
}
