import type { Dataset, Json } from '../artifact.ts';
import type { Check } from '../column.ts';
import { ErrorCode, SluiceError } from '../errors.ts';
import { checkName } from '../name.ts';
import { currentRuntime } from '../runtime.ts';
import type { TemporalOptions } from '../spec.ts';

export interface ExtractOptions {
  /** DuckDB SQL; file paths are relative to the project. Bind values by name: `$until`. */
  readonly sql: string;
  readonly params?: Readonly<Record<string, Json>>;
  readonly checks?: readonly Check[];
  /** Databases the SQL reads, by name: `{ shop: 'env:SHOP_DB' }` (a libpq connection string or URL). */
  readonly attach?: Readonly<Record<string, string>>;
  readonly on?: string;
  readonly temporal?: TemporalOptions;
}

/** Runs SQL by DuckDB and keeps the rows as an immutable Parquet file with schema, profile and checks. */
export async function extract(name: string, options: ExtractOptions): Promise<Dataset> {
  checkName('extract', name);
  for (const check of options.checks ?? []) {
    if (!(check.share > 0 && check.share <= 1)) {
      throw new SluiceError(ErrorCode.InvalidStep, `mostly(${check.share}) on column ${check.column} is not a share.`, {
        where: `extract ${name}`,
        fix: 'Give a number over 0 and at most 1, such as mostly(0.999).',
      });
    }
  }
  return currentRuntime().step({
    kind: 'extract',
    name,
    sql: options.sql,
    params: options.params ?? {},
    checks: (options.checks ?? []).map(({ column, rule, share }) => ({ column, rule, share })),
    attach: options.attach ?? {},
    on: options.on ?? null,
    temporal: options.temporal ?? null,
  });
}
