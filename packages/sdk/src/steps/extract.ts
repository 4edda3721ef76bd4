import type { Dataset, Json } from '../artifact.ts';
import { type Check, checked } from '../column.ts';
import { checkName } from '../name.ts';
import { checkFields, invalidStep, json, nonEmptyText, shown } from '../options.ts';
import { currentRuntime } from '../runtime.ts';
import { type Placement, placementFields, placementOf } from './placement.ts';

/** What an {@link extract} takes. */
export interface ExtractOptions extends Placement {
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

const fields = { sql: true, params: true, checks: true, attach: true, ...placementFields } as const;

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
  const checks = options.checks ?? [];
  if (!Array.isArray(checks)) {
    throw invalidStep(where, `checks is ${shown(checks)}.`, "Give a list: [column('carrier').notNull()].");
  }
  return currentRuntime().step({
    kind: 'extract',
    name,
    sql: nonEmptyText(where, 'sql', options.sql),
    params: record(where, 'params', options.params ?? {}),
    checks: checks.map((check: Check) => checked(check, where)),
    attach: attached(where, options.attach ?? {}),
    ...placementOf(options, where),
  });
}

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
