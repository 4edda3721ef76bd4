import { closest, ErrorCode, SluiceError } from '@sluice/sdk';
import { accuracy, classF1 } from './classes/classification.ts';
import { entityF1 } from './classes/entities.ts';
import { averagePrecisionMetric, logLoss, rocAucMetric } from './classes/probabilities.ts';
import { exactMatch } from './exact-match.ts';
import { fidMetric, kidMetric } from './features/feature-metrics.ts';
import type { Metric } from './metric.ts';
import { latency, meanAbsoluteError, rootMeanSquaredError } from './numbers.ts';
import { type MetricOptions, type OptionReader, readOptions } from './options.ts';
import { rougeMetric } from './rouge/rouge-metric.ts';
import { tokenF1 } from './squad.ts';
import { bleu } from './translation/bleu.ts';
import { chrf } from './translation/chrf.ts';
import { cosine } from './vectors.ts';

/** A new metric is a function in a file of its own, and a line here. */
const makers: Readonly<Record<string, (options: OptionReader) => Metric>> = {
  exact_match: exactMatch,
  accuracy,
  f1: classF1,
  entity_f1: entityF1,
  token_f1: tokenF1,
  rouge1: rougeMetric,
  rouge2: rougeMetric,
  rougeL: rougeMetric,
  rougeLsum: rougeMetric,
  bleu,
  chrf,
  cosine,
  fid: fidMetric,
  kid: kidMetric,
  log_loss: logLoss,
  roc_auc: rocAucMetric,
  average_precision: averagePrecisionMetric,
  mae: meanAbsoluteError,
  rmse: rootMeanSquaredError,
  latency,
};

/** Every metric with its options as they are by default. `metricOf` knows `rouge3` to `rouge9` besides. */
export const metrics: Readonly<Record<string, Metric>> = Object.fromEntries(
  Object.keys(makers).map((name) => [name, metricOf(name)]),
);

/**
 * A metric by its name.
 *
 * @throws SluiceError `InvalidStep` for a name that there is not, naming the closest one, and for an option that there
 *   is not or that cannot be
 */
export function metricOf(name: string, options: MetricOptions = {}): Metric {
  const make = Object.hasOwn(makers, name) ? makers[name] : /^rouge[3-9]$/.test(name) ? rougeMetric : undefined;
  if (make === undefined) {
    const names = Object.keys(makers);
    const near = closest(name, names);
    const hint = near === null ? '' : ` Did you mean "${near}"?`;
    throw new SluiceError(ErrorCode.InvalidStep, `There is no metric "${name}".${hint}`, {
      where: `metric ${name}`,
      fix: `Use one of ${names.join(', ')}.`,
    });
  }
  return make(readOptions(name, options));
}
