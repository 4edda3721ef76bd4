import type { DuckDbSession } from '../extract/duckdb-session.ts';
import { columnsOf } from '../extract/parquet.ts';
import { identifier, literal } from '../extract/sql-text.ts';

/**
 * A value as a line of JSON that DuckDB reads: half a surrogate pair, which JSON can escape and UTF-8 does not have, is
 * U+FFFD.
 */
export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value).replace(ESCAPED, (found) => (found.length === 6 ? '\ufffd' : found))}\n`;
}

/** Whether DuckDB refuses the line, and with it all others. */
export function isTooLong(line: string): boolean {
  return Buffer.byteLength(line) > 16 * 1024 * 1024;
}

/** JSON.stringify escapes a surrogate only where it has no partner; an escaped backslash before `ud800` is none. */
const ESCAPED = /\\(?:u[dD][89a-fA-F][0-9a-fA-F]{2}|.)/g;

/**
 * SQL that reads JSON lines, a column for each name. Types are told by all rows, not by the first ones, and whatever
 * callers send: DuckDB would take many or sparse names for one map. Texts beside numbers or objects are texts.
 */
export async function readJsonLines(session: DuckDbSession, path: string): Promise<string> {
  const lines = `read_json(${literal(path)}, format = 'newline_delimited', sample_size = -1, hive_partitioning = false,
    map_inference_threshold = -1, field_appearance_threshold = 0, maximum_depth = 8)`;
  const texts = (await columnsOf(session, lines)).flatMap(({ name, type }) => {
    const x = identifier(name);
    if (type === 'JSON') return [`${x} ->> '$' AS ${x}`];
    return type === 'UUID' ? [`${x}::VARCHAR AS ${x}`] : [];
  });
  return texts.length === 0 ? lines : `(SELECT * REPLACE (${texts.join(', ')}) FROM ${lines})`;
}
