import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDuckDb } from '../../../packages/activities/src/extract/duckdb-session.ts';
import { literal } from '../../../packages/activities/src/extract/sql-text.ts';
import { faults, prepared } from './faults.ts';

/**
 * Writes the flights with all faults to a CSV, nulls as empty fields.
 *
 * @param every takes each such flight only
 */
export async function writeFaultyFlights(flights: string, target: string, every = 1): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'sluice-faults-'));
  const { signal } = new AbortController();
  const session = await openDuckDb({ root: scratch, scratch, memory: 2 ** 31, signal, secrets: [] });
  try {
    await session.rows('SET threads = 1'); // the order of rows is that of the file
    const all = `read_csv(${literal(flights)}, nullstr = 'NA', types = {'time_hour': 'VARCHAR'})`;
    const sample = `(SELECT * FROM ${all} QUALIFY (row_number() OVER () - 1) % ${every} = 0)`;
    await session.rows(prepared(every === 1 ? all : sample));
    for (const { sql } of faults) await session.rows(sql);
    const packed = target.endsWith('.gz') ? ', COMPRESSION gzip' : '';
    await session.rows(`COPY flights TO ${literal(target)} (FORMAT csv, HEADER, NULLSTR ''${packed})`);
  } finally {
    session.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

/** How that CSV is read: the same types as pandas has, where nothing is missing. */
export const readFaulty = (path: string) =>
  `read_csv(${literal(path)}, nullstr = '', types = {'planned': 'VARCHAR', 'meta': 'VARCHAR', 'unused': 'VARCHAR'})`;
