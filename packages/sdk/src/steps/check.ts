import type { Artifact, Dataset, Model, ModelRef } from '../artifact.ts';
import { type Check, column } from '../column.ts';
import { type Duration, inWords } from '../duration.ts';
import { checkName } from '../name.ts';
import { artifact, checkFields, invalidStep, modelRef, nonEmptyText, period, wholeNumber } from '../options.ts';
import { currentRuntime } from '../runtime.ts';
import type { SpecBase } from '../spec.ts';
import type { GateResult } from '../verdict.ts';
import { type BesideOptions, besideFields, besideOf } from './beside.ts';
import { checksOf } from './extract.ts';
import { checkCount, noCaptures, passed, planned, type StepKind } from './kind.ts';
import { type Placement, placementFields, placementOf } from './placement.ts';

export interface CheckSpec extends SpecBase<'check', Checked> {
  /** Null where the rows are captured ones. */
  readonly dataset: Dataset | null;
  readonly captured: CapturedRows | null;
  /** What distributions and counts of rows are held against; null for nothing. */
  readonly reference: Dataset | null;
  /** Datasets that `references` names. */
  readonly others: Readonly<Record<string, Dataset>>;
  /** Who answers the rows; null: nobody. */
  readonly model: ModelRef | null;
  /** Column of the answers. */
  readonly as: string;
  /** Whose serving command is meant; null means the endpoint of the captured rows, else the pipeline's name. */
  readonly endpoint: string | null;
  readonly checks: readonly Check[];
}

/** Which captured rows. */
export interface CapturedRows {
  readonly endpoint: string;
  /** How far back, milliseconds. */
  readonly last: number;
  /** Most rows, the newest. */
  readonly rows: number;
}

/** A gate that looked at data; `report` holds every row. */
export interface Checked extends GateResult {
  readonly report: Artifact;
  /** Digest of the dataset; null for captured rows. */
  readonly data: string | null;
  /** Digest of the model that answered the rows; left out where none did. */
  readonly candidate?: string;
  readonly step: string;
}

/** What a {@link check} takes: `dataset` or `captured`, and a `model` whose answers are checked too. */
export interface CheckOptions extends Placement, BesideOptions {
  /** Rows of any step. */
  readonly dataset?: Dataset;
  /** Rows that callers have sent to an endpoint. */
  readonly captured?: CapturedOptions;
  /**
   * Model that answers every row in a process of its own, without traffic. Its answers are a column more, and that no row
   * is left without one is checked besides, unless a check of yours on that column says how many may be.
   */
  readonly model?: Model;
  /** Name of the column of answers. @default 'prediction' */
  readonly as?: string;
  /** Endpoint whose serving command starts the model. @default that of `captured`, else the pipeline's name */
  readonly endpoint?: string;
  /** What the rows must keep, at least one. */
  readonly checks: readonly Check[];
}

/** Rows of captured requests: `dataframe_records` and `dataframe_split` of MLflow's scoring protocol. */
export interface CapturedOptions {
  /** Endpoint whose gateway captured them. */
  readonly endpoint: string;
  /** How far back. @default '24 hours' */
  readonly last?: Duration;
  /** Most rows, at least 1: the newest. @default 10000 */
  readonly rows?: number;
}

const fields = {
  dataset: true,
  captured: true,
  model: true,
  as: true,
  endpoint: true,
  checks: true,
  ...besideFields,
  ...placementFields,
} as const;

/**
 * Checks rows that are there already: a dataset's, those that callers sent to an endpoint, and what a model answers to
 * either of them. The result is a gate: hand it to `deploy`.
 *
 * @throws SluiceError `InvalidStep` for options that cannot work
 */
export async function check(name: string, options: CheckOptions): Promise<Checked> {
  checkName('check', name);
  const where = `check ${name}`;
  checkFields<CheckOptions>(where, options, fields);
  const { dataset, captured, model, endpoint } = options;
  if ((dataset === undefined) === (captured === undefined)) {
    const what =
      dataset === undefined ? 'there is neither dataset nor captured.' : 'there are both dataset and captured.';
    throw invalidStep(where, what, 'Give one of them: the rows to check.');
  }
  const idle =
    model === undefined ? (['as', 'endpoint'] as const).find((name) => options[name] !== undefined) : undefined;
  if (idle !== undefined) {
    throw invalidStep(
      where,
      `${idle} has no effect without a model.`,
      `Give the model that answers, or leave ${idle} out.`,
    );
  }
  if (endpoint !== undefined) checkName('endpoint', endpoint);
  const rows = dataset === undefined ? null : artifact<Dataset>(where, 'dataset', dataset, 'dataset');
  const as = nonEmptyText(where, 'as', options.as ?? 'prediction');
  const checks = checksOf(where, options.checks, 1);
  const counted = checks.some((one) => 'column' in one && one.column === as && one.rule.kind === 'notNull');
  return currentRuntime().step<CheckSpec>({
    kind: 'check',
    name,
    dataset: rows,
    captured: captured === undefined ? null : capturedOf(where, captured),
    ...besideOf(where, options, checks),
    model: model === undefined ? null : modelRef(where, 'model', model),
    as,
    endpoint: endpoint ?? null,
    checks: model === undefined || counted ? checks : [...checks, ...checksOf(where, [column(as).notNull()], 1)],
    ...placementOf(options, where),
  });
}

function capturedOf(where: string, options: CapturedOptions): CapturedRows {
  checkFields<CapturedOptions>(where, options, { endpoint: true, last: true, rows: true }, 'captured');
  checkName('endpoint', options.endpoint);
  return {
    endpoint: options.endpoint,
    last: period(where, 'captured.last', options.last ?? '24 hours'),
    rows: wholeNumber(where, 'captured.rows', options.rows ?? 10_000, 1),
  };
}

export const checkKind: StepKind<CheckSpec> = {
  plan: ({ checks, captured, model }) => [
    `${checkCount(checks)} of ${captured === null ? 'a dataset' : `what ${captured.endpoint} was asked in the last ${inWords(captured.last)}`}${model === null ? '' : ', and of what the model answers'}`,
  ],
  planned: (spec, { step }) => ({
    ...passed(spec),
    step,
    report: planned('report'),
    data: spec.dataset?.digest ?? null,
    ...(spec.model === null ? {} : { candidate: spec.model.digest }),
  }),
  endpoint: ({ captured, model, endpoint }, pipeline) =>
    captured === null && model === null ? null : (endpoint ?? captured?.endpoint ?? pipeline),
  alone: (spec, path) => {
    if (spec.captured !== null) throw noCaptures(path, 'check');
    return spec;
  },
};
