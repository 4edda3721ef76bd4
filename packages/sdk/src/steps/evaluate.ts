import type { Dataset, Model } from '../artifact.ts';
import { ErrorCode, SluiceError } from '../errors.ts';
import { checkName } from '../name.ts';
import { currentRuntime } from '../runtime.ts';
import type { Suite, TemporalOptions } from '../spec.ts';
import type { Report } from '../verdict.ts';

export interface SuiteOptions {
  /** A dataset, or a path to a JSON-lines, CSV or Parquet file below the project. */
  readonly cases: Dataset | string;
  /** Column with the right answer. */
  readonly label: string;
  /** Column that names a case's category. */
  readonly category?: string;
  /** Columns sent to the model. @default all but the label */
  readonly inputs?: readonly string[];
  /** @default 'correct' */
  readonly metric?: Suite['metric'];
  /** How much worse than the baseline is still good enough, in the metric's unit. @default 0.01 */
  readonly margin?: number;
  /** Most cases to run. @default all */
  readonly limit?: number;
}

export interface EvaluateOptions {
  readonly model: Model;
  /** A suite, or the path of a suite file (JSON with the same fields) below the project. */
  readonly suite: SuiteOptions | string;
  /** @default 'production' */
  readonly against?: 'production' | Model | null;
  /** Endpoint whose production version and serving command are meant. @default the pipeline's name */
  readonly endpoint?: string;
  /** Seed of every resampling. @default 0 */
  readonly seed?: number;
  readonly on?: string;
  readonly temporal?: TemporalOptions;
}

/** Fills in the defaults of a suite. */
export function suiteOf(options: SuiteOptions, where: string): Suite {
  const margin = options.margin ?? 0.01;
  if (!(margin > 0)) {
    throw new SluiceError(ErrorCode.InvalidStep, `margin is ${margin}; it must be over 0.`, { where });
  }
  return {
    cases: options.cases,
    label: options.label,
    category: options.category ?? null,
    inputs: options.inputs ?? null,
    metric: options.metric ?? 'correct',
    margin,
    limit: options.limit ?? null,
  };
}

/** Runs a suite of cases against the candidate and against a baseline, and judges them pair by pair. */
export async function evaluate(name: string, options: EvaluateOptions): Promise<Report> {
  checkName('evaluate', name);
  return currentRuntime().step({
    kind: 'evaluate',
    name,
    model: options.model,
    suite: typeof options.suite === 'string' ? options.suite : suiteOf(options.suite, `evaluate ${name}`),
    against: options.against === undefined ? 'production' : options.against,
    endpoint: options.endpoint ?? null,
    seed: options.seed ?? 0,
    on: options.on ?? null,
    temporal: options.temporal ?? null,
  });
}
