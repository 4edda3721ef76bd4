import type { Json } from '@sluice/sdk';
import type { DuckDbSession } from '../extract/duckdb-session.ts';
import type { Offenders } from './compiled.ts';
import { answerAll } from './scans.ts';

/** Most values and rows that a result lists. */
export const mostListed = 20;

/** Some of the rows that break a rule. */
export interface Sample {
  /** The most frequent values, worst first; one more than are listed where there are more. */
  readonly values: readonly { readonly value: string; readonly count: number }[];
  /** The first rows and their values, from row 0; no numbers where the data has a `file_row_number` of its own. */
  readonly rows: readonly number[];
  readonly firstValues: readonly Json[];
}

const none: Sample = { values: [], rows: [], firstValues: [] };

/** A bounded sample for each: the first rows by one scan a relation, the most frequent values by one each. */
export async function samplesOf(
  session: DuckDbSession,
  all: readonly Offenders[],
  secret: readonly boolean[],
): Promise<Sample[]> {
  const firsts = await answerAll(
    session,
    all.map(({ from, broken, value, numbered }, index) => ({
      from,
      asks: numbered
        ? [
            `min(file_row_number, ${mostListed}) FILTER (${broken})`,
            value === null || secret[index] === true
              ? 'NULL'
              : `arg_min(left((${value})::VARCHAR, 60), file_row_number, ${mostListed}) FILTER (${broken})`,
          ]
        : ['NULL', 'NULL'],
    })),
  );
  const samples: Sample[] = [];
  for (const [index, offenders] of all.entries()) {
    const [rows, values] = Array.isArray(firsts[index]) ? firsts[index] : [];
    samples.push({
      values: secret[index] === true ? none.values : await frequent(session, offenders),
      rows: Array.isArray(rows) ? rows.map(Number) : [],
      firstValues: Array.isArray(values) ? values : [],
    });
  }
  return samples;
}

async function frequent(session: DuckDbSession, { from, broken, value }: Offenders): Promise<Sample['values']> {
  if (value === null) return [];
  const rows = await session.rows(`
    SELECT left(v::VARCHAR, 60) AS v, n FROM (
      SELECT ${value} AS v, count(*) AS n FROM ${from} WHERE ${broken} GROUP BY 1)
    ORDER BY n DESC, v::VARCHAR LIMIT ${mostListed + 1}`);
  return rows.map(({ v, n }) => ({ value: String(v), count: Number(n) }));
}
