import type { Dataset, Json } from '../artifact.ts';
import { type Check, checked } from '../column.ts';
import { checkName } from '../name.ts';
import { checkFields, invalidStep, json, nonEmptyText, shown } from '../options.ts';
import { currentRuntime } from '../runtime.ts';
import type { SpecBase } from '../spec.ts';
import { type BesideOptions, besideFields, besideOf } from './beside.ts';
import { checkCount, passed, planned, type StepKind } from './kind.ts';
import { type Placement, placementFields, placementOf } from './placement.ts';

export interface ExtractSpec extends SpecBase<'extract', Dataset> {
  readonly sql: string;
  readonly params: Readonly<Record<string, Json>>;
  readonly checks: readonly Check[];
  /** Databases to attach read-only, by the name the SQL uses: `{ shop: 'postgres:…' }` or the name of an environment variable, `env:SHOP_DB`. */
  readonly attach: Readonly<Record<string, string>>;
  /** What checks hold the rows against; left out where there is none. */
  readonly reference?: Dataset;
  readonly others?: Readonly<Record<string, Dataset>>;
}

/** What an {@link extract} takes. */
export interface ExtractOptions extends Placement, BesideOptions {
  /** DuckDB SQL, one query; file paths are relative to the project. Bind values by name: `$until`. */
  readonly sql: string;
  /** Values of the SQL's `$names`. @default {} */
  readonly params?: Readonly<Record<string, Json>>;
  /** What the rows must keep; the dataset's verdict says whether they do. @default [] */
  readonly checks?: readonly Check[];
  /**
   * Databases the SQL reads, by name: `{ shop: 'env:SHOP_DB' }`, the name of an environment variable with a libpq
   * connection string or URL. Written out here, a secret would stay in Temporal's history.
   * @default {}
   */
  readonly attach?: Readonly<Record<string, string>>;
}

const fields = { sql: true, params: true, checks: true, attach: true, ...besideFields, ...placementFields } as const;

/**
 * Runs SQL by DuckDB and keeps the rows as an immutable Parquet file with schema, profile and checks. The dataset is
 * a gate: hand it to `deploy`.
 *
 * @throws SluiceError `InvalidStep` for options that cannot work, `InvalidSql` for SQL that DuckDB refuses
 */
export async function extract(name: string, options: ExtractOptions): Promise<Dataset> {
  checkName('extract', name);
  const where = `extract ${name}`;
  checkFields<ExtractOptions>(where, options, fields);
  const checks = checksOf(where, options.checks ?? [], 0);
  const { reference, others } = besideOf(where, options, checks);
  return currentRuntime().step<ExtractSpec>({
    kind: 'extract',
    name,
    sql: nonEmptyText(where, 'sql', options.sql),
    params: record(where, 'params', options.params ?? {}),
    checks,
    attach: attached(where, options.attach ?? {}),
    ...(reference === null ? {} : { reference }),
    ...(Object.keys(others).length === 0 ? {} : { others }),
    ...placementOf(options, where),
  });
}

/** Checks that can work, `least` of them or more. @throws SluiceError `InvalidStep` */
export function checksOf(where: string, checks: readonly Check[], least: number): Check[] {
  if (!Array.isArray(checks) || checks.length < least) {
    const what = Array.isArray(checks) ? 'an empty list' : shown(checks);
    throw invalidStep(where, `checks is ${what}.`, "Give a list: [column('carrier').notNull()].");
  }
  return checks.map((check: Check) => checked(check, where));
}

export const extractKind: StepKind<ExtractSpec> = {
  plan: ({ checks }) => (checks.length === 0 ? [] : [checkCount(checks)]),
  planned: (spec, origin) => ({
    ...planned('dataset'),
    ...origin,
    ...passed(spec),
    rows: 0,
    columns: [],
    profile: planned('report'),
  }),
  note: ({ rows }) => `${rows.toLocaleString('en-US')} rows`,
};

function record(where: string, label: string, value: unknown): Record<string, Json> {
  const copy = json(where, label, value);
  if (typeof copy === 'object' && copy !== null && !Array.isArray(copy)) return copy as Record<string, Json>;
  throw invalidStep(where, `${label} is ${shown(value)}.`, 'Give an object of values by name.');
}

function attached(where: string, attach: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record(where, 'attach', attach)).map(([name, value]) => {
      checkName('database', name);
      return [name, nonEmptyText(where, `attach.${name}`, value)];
    }),
  );
}
