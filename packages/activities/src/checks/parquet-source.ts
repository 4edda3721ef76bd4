import type { DuckDbSession } from '../extract/duckdb-session.ts';
import { columnsOf } from '../extract/parquet.ts';
import { literal } from '../extract/sql-text.ts';
import type { Other } from './judge-dataset.ts';

/** A Parquet file as profile and checks read it, with its columns. */
export async function parquetSource(session: DuckDbSession, path: string, rows: number): Promise<Other> {
  // Else a folder called `run=3` on the way to the file would be a column.
  const reading = `read_parquet(${literal(path)}, hive_partitioning = false`;
  const all = `${reading})`;
  const columns = await columnsOf(session, all);
  const taken = columns.some(({ name }) => name.toLowerCase() === 'file_row_number');
  const numbered = taken ? null : `${reading}, file_row_number = true)`;
  return { source: { all, numbered, rows }, columns };
}
