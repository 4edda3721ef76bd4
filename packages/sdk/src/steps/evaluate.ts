import type { Artifact, Dataset, Digest, Model, ModelRef, Report } from '../artifact.ts';
import { checkName } from '../name.ts';
import {
  artifact,
  checkFields,
  invalidStep,
  modelRef,
  nonEmptyText,
  numberWithin,
  oneOf,
  shown,
  wholeNumber,
} from '../options.ts';
import { currentRuntime } from '../runtime.ts';
import type { SpecBase } from '../spec.ts';
import { plannedReport, type StepKind } from './kind.ts';
import { type Placement, placementFields, placementOf } from './placement.ts';

export interface Suite {
  /** A dataset, or a path to a JSON-lines, CSV or Parquet file below the project. */
  readonly cases: Dataset | string;
  /** Column with the right answer. */
  readonly label: string;
  /** Column that names a case's category; null for one category. */
  readonly category: string | null;
  /** Columns sent to the model; null sends all but the label. */
  readonly inputs: readonly string[] | null;
  /** `correct` is 1 for the right answer and 0 otherwise; errors count against a model by the negative error. */
  readonly metric: 'correct' | 'absolute_error' | 'squared_error';
  /** How much worse than the baseline is still good enough, in the metric's unit, over 0. */
  readonly margin: number;
  /** The most that one case can lose or gain, in the metric's unit; left out where nobody knows. */
  readonly worst?: number;
  /** Most cases to run, drawn evenly over categories with `seed`; null for all. */
  readonly limit: number | null;
}

/** A registered version of the endpoint's model. */
export interface RegisteredVersion {
  /** MLflow's number of it. */
  readonly version: string;
}

/** What an earlier evaluation by the same suite folder found. */
export interface StoredResult {
  readonly result: Artifact;
  /** Step that found it; null where only its digest is known. */
  readonly step: string | null;
}

/** `production`: what the endpoint serves now; null: nothing, the candidate is judged alone. */
export type Baseline = 'production' | ModelRef | RegisteredVersion | StoredResult | null;

export interface EvaluateSpec extends SpecBase<'evaluate', Report> {
  readonly model: ModelRef;
  /** Path below the project: of a suite folder, or of a suite file without or with `.json`. */
  readonly suite: Suite | string;
  readonly against: Baseline;
  /** Null means the pipeline's name. */
  readonly endpoint: string | null;
  readonly seed: number;
}

/** Cases with right answers, and how much worse a model may do. */
export interface SuiteOptions {
  /** A dataset, or a path to a JSON-lines, CSV or Parquet file below the project. */
  readonly cases: Dataset | string;
  /** Column with the right answer. */
  readonly label: string;
  /** Column that names a case's category: no category may get worse. @default one category */
  readonly category?: string;
  /** Columns sent to the model. @default all but the label */
  readonly inputs?: readonly string[];
  /** What counts for a case: that the answer is right, or how far it is off. @default 'correct' */
  readonly metric?: Suite['metric'];
  /** How much worse than the baseline is still good enough, in the metric's unit, over 0; of `correct` under 1. @default 0.01 */
  readonly margin?: number;
  /**
   * The most that one case can lose against the baseline, or gain, in the metric's unit, over the margin: the fewer
   * cases will do, the smaller it is. Not for `correct`, where it is 1. @default 100 margins, and more where more is seen
   */
  readonly worst?: number;
  /** Most cases to run, at least 1, drawn evenly over categories. @default all */
  readonly limit?: number;
}

/** What an {@link evaluate} takes. */
export interface EvaluateOptions extends Placement {
  /** Model that is judged. */
  readonly model: Model;
  /**
   * A suite, or a path below the project: of a suite file (JSON with the same fields), or of a suite folder (`suite.json` and
   * cases as JSON lines).
   */
  readonly suite: SuiteOptions | string;
  /**
   * What the model is compared with: what the endpoint serves, a model of the run, a registered version, or what an
   * earlier evaluation by the same suite folder found (its report, or that report's digest). Null: nothing, it is judged
   * alone.
   *
   * @default 'production'
   */
  readonly against?:
    | 'production'
    | Model
    | Report
    | { readonly version: number | string }
    | { readonly result: Digest }
    | null;
  /** Endpoint whose production version and serving command are meant. @default the pipeline's name */
  readonly endpoint?: string;
  /** Seed by which cases are drawn where the suite has a limit. @default 0 */
  readonly seed?: number;
}

const suiteFields = {
  cases: true,
  label: true,
  category: true,
  inputs: true,
  metric: true,
  margin: true,
  worst: true,
  limit: true,
} as const;
const fields = { model: true, suite: true, against: true, endpoint: true, seed: true, ...placementFields } as const;

/** Fills in the defaults of a suite. @throws SluiceError `InvalidStep` for one that cannot work */
export function suiteOf(options: SuiteOptions, where: string): Suite {
  checkFields<SuiteOptions>(where, options, suiteFields, 'suite');
  const { cases, category = null, inputs = null, limit = null } = options;
  const label = nonEmptyText(where, 'label', options.label);
  if (inputs !== null && (!Array.isArray(inputs) || inputs.length === 0)) {
    throw invalidStep(where, `inputs is ${shown(inputs)} of no columns.`, 'Name columns, or leave inputs out.');
  }
  if (inputs?.includes(label)) {
    throw invalidStep(where, `inputs names the label "${label}".`, 'Take it out: the model would be told the answer.');
  }
  const metric = oneOf<Suite['metric']>(where, 'metric', options.metric ?? 'correct', [
    'correct',
    'absolute_error',
    'squared_error',
  ]);
  // A share of right answers is never worse by 1 or more: such a margin would pass everything.
  const bounds = metric === 'correct' ? { over: 0, below: 1 } : { over: 0 };
  const margin = numberWithin(where, 'margin', options.margin ?? 0.01, bounds);
  return {
    cases: typeof cases === 'string' ? nonEmptyText(where, 'cases', cases) : artifact(where, 'cases', cases, 'dataset'),
    label,
    category: category === null ? null : nonEmptyText(where, 'category', category),
    inputs: inputs?.map((input, index) => nonEmptyText(where, `inputs.${index}`, input)) ?? null,
    metric,
    margin,
    ...(options.worst === undefined ? {} : { worst: worstOf(where, options.worst, metric, margin) }),
    limit: limit === null ? null : wholeNumber(where, 'limit', limit, 1),
  };
}

/**
 * Runs a suite of cases against the candidate and against a baseline, and judges them pair by pair. The report is a
 * gate: hand it to `deploy`.
 */
export async function evaluate(name: string, options: EvaluateOptions): Promise<Report> {
  checkName('evaluate', name);
  const where = `evaluate ${name}`;
  checkFields<EvaluateOptions>(where, options, fields);
  const { suite, endpoint } = options;
  if (endpoint !== undefined) checkName('endpoint', endpoint);
  return currentRuntime().step<EvaluateSpec>({
    kind: 'evaluate',
    name,
    model: modelRef(where, 'model', options.model),
    suite: typeof suite === 'string' ? nonEmptyText(where, 'suite', suite) : suiteOf(suite, where),
    against: baseline(where, options.against),
    endpoint: endpoint ?? null,
    seed: wholeNumber(where, 'seed', options.seed ?? 0, 0),
    ...placementOf(options, where),
  });
}

export const evaluateKind: StepKind<EvaluateSpec> = {
  planned: plannedReport,
  endpoint: (spec, pipeline) => spec.endpoint ?? pipeline,
  plan: ({ suite, against }) => [
    `${typeof suite === 'string' ? suite : `cases with ${suite.label}`}, ${againstWhat(against)}`,
  ],
  // Nobody says what production is.
  alone: (spec) => (spec.against === 'production' ? { ...spec, against: null } : spec),
};

function againstWhat(against: Baseline): string {
  if (against === null) return 'by itself';
  if (against === 'production') return 'against production';
  if ('version' in against) return `against version ${against.version}`;
  if ('result' in against) return 'against a stored result';
  return 'against another model of the run';
}

function worstOf(where: string, worst: number, metric: Suite['metric'], margin: number): number {
  if (metric !== 'correct') return numberWithin(where, 'worst', worst, { over: margin });
  throw invalidStep(
    where,
    'worst is given beside the metric correct.',
    'Take it out: one case is right or wrong, 1 or 0.',
  );
}

function baseline(where: string, against: EvaluateOptions['against']): Baseline {
  if (against === undefined || against === 'production') return 'production';
  if (against === null) return null;
  if (has(against, 'report')) {
    return { result: artifact<Artifact>(where, 'against.report', against.report, 'report'), step: against.step };
  }
  if (has(against, 'version')) return { version: versionOf(where, against.version) };
  if (has(against, 'result')) return { result: reportOf(where, against.result), step: null };
  return modelRef(where, 'against', against);
}

function has<Key extends string>(value: unknown, key: Key): value is { readonly [K in Key]: unknown } {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key);
}

function versionOf(where: string, version: unknown): string {
  if (/^[1-9]\d{0,9}$/.test(String(version))) return String(version);
  const fix = "Give MLflow's number of a registered version, such as { version: 3 }.";
  throw invalidStep(where, `against.version is ${shown(version)}; it must be a whole number of at least 1.`, fix);
}

/** Artifacts are known by their content, so a digest says where the report lies. */
function reportOf(where: string, digest: unknown): Artifact {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(String(digest))?.[1];
  if (hex !== undefined) return { kind: 'report', uri: `sluice:blob/${hex}`, digest: `sha256:${hex}`, bytes: 0 };
  const fix = 'Give the digest of a report as `sluice artifacts` shows it: sha256: and 64 hexadecimal digits.';
  throw invalidStep(where, `against.result is ${shown(digest)}, not the digest of a report.`, fix);
}
