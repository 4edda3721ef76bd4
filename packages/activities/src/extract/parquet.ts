import type { Column } from '@sluice/sdk';
import type { DuckDbSession } from './duckdb-session.ts';
import type { Query } from './query.ts';
import { literal } from './sql-text.ts';

/** Operators that keep rows in the order of their source however many threads share the work. */
const orderly = new Set([
  'BATCH_COPY_TO_FILE',
  'COPY_TO_FILE',
  'EMPTY_RESULT',
  'FILTER',
  'PROJECTION',
  'READ_CSV',
  'READ_CSV_AUTO',
  'READ_JSON',
  'READ_JSON_AUTO',
  'READ_NDJSON',
  'READ_PARQUET',
  'PARQUET_SCAN',
]);

/** Threads where order does not depend on them. A fixed number on every machine: DuckDB cuts row groups by it. */
const manyThreads = 4;

/**
 * Writes a query's rows to a Parquet file, in their order. The same rows give the same bytes: joins, groups and sorts
 * (ties) give rows in an order that depends on which thread was first, so those run on one thread.
 *
 * @returns the number of rows.
 */
export async function writeParquet(session: DuckDbSession, query: Query, path: string): Promise<number> {
  const copy = `COPY (${query.sql}\n) TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`;
  const run = (sql: string) =>
    session.guard(async (connection) =>
      (await connection.runAndReadAll(sql, { ...query.values }, { ...query.types })).getRowsJson(),
    );
  const plan = String((await run(`EXPLAIN (FORMAT json) ${copy}`))[0]?.[1]);
  await session.rows(`SET threads = ${isOrderly(plan) ? manyThreads : 1}`);
  const [row] = await run(copy);
  await session.rows('RESET threads');
  return Number(row?.[0]);
}

function isOrderly(plan: string): boolean {
  const names = [...plan.matchAll(/"name": "([^"]*)"/g)].map(([, name = '']) => name.trim());
  return names.length > 0 && names.every((name) => orderly.has(name));
}

/** Columns as the Parquet file has them: what every reader will see. */
export async function columnsOf(session: DuckDbSession, source: string): Promise<Column[]> {
  const rows = await session.rows(`DESCRIBE FROM ${source}`);
  return rows.map((row) => ({ name: String(row.column_name), type: String(row.column_type) }));
}
