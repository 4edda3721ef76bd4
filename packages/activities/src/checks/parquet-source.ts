import type { DuckDbSession } from '../extract/duckdb-session.ts';
import { columnsOf } from '../extract/parquet.ts';
import { literal } from '../extract/sql-text.ts';
import type { Other } from './judge-dataset.ts';

/** A Parquet file as profile and checks read it, with its columns. */
export async function parquetSource(session: DuckDbSession, path: string, rows: number): Promise<Other> {
  const all = `read_parquet(${literal(path)})`;
  const columns = await columnsOf(session, all);
  const taken = columns.some(({ name }) => name.toLowerCase() === 'file_row_number');
  const numbered = taken ? null : `read_parquet(${literal(path)}, file_row_number = true)`;
  return { source: { all, numbered, rows }, columns };
}
