import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openDuckDb } from '../../packages/activities/src/extract/duckdb-session.ts';
import { literal } from '../../packages/activities/src/extract/sql-text.ts';
import type { BenchHost } from '../harness/bench.ts';
import { round } from '../harness/spread.ts';
import { table } from '../harness/table.ts';
import { suite } from './suite.ts';

const execute = promisify(execFile);

/** What a process may need over what DuckDB may use: Node and the libraries, MiB. */
const besides = 384;

/** One of every kind of scan: rows one by one, values grouped, all put in order, quantiles of more than fit in memory. */
const expectations = [
  ...suite.expectations,
  { type: 'expect_column_values_to_be_unique', kwargs: { column: 'id' } },
  { type: 'expect_column_values_to_be_increasing', kwargs: { column: 'id', strictly: true } },
  { type: 'expect_column_median_to_be_between', kwargs: { column: 'dep_delay', min_value: -5, max_value: 0 } },
  { type: 'expect_column_values_to_be_unique', kwargs: { column: 'flight' } },
  { type: 'expect_column_values_to_be_between', kwargs: { column: 'id', max_value: 5 } },
];

/** Judges `rows` flights and a tenth of them, each in a process of its own, and looks at the peaks of memory. */
export async function measureMemory(folder: string, flights: string, rows: number, mebibytes: number, host: BenchHost) {
  const suitePath = join(folder, 'suite.json');
  await writeFile(suitePath, JSON.stringify({ name: 'many flights', expectations }));
  const runs: Run[] = [];
  for (const many of [Math.round(rows / 10), rows]) {
    const path = join(folder, 'flights.parquet');
    await writeMany(folder, flights, many, path);
    const script = join(import.meta.dirname, 'judge-file.ts');
    const { stdout } = await execute(process.execPath, [script, path, suitePath, `${mebibytes}`], {
      signal: host.signal,
    });
    runs.push(JSON.parse(stdout) as Run);
    await rm(path);
  }
  const cells = runs.map((run) => [
    `${run.rows}`,
    `${round(run.seconds, 1)}`,
    `${Math.round(run.peakMiB)}`,
    `${run.failed}`,
  ]);
  host.say(`\n${table(['rows', 'seconds', 'peak of memory, MiB', 'expectations failed'], cells)}`);
  const limit = mebibytes + besides;
  return { ok: runs.every(({ peakMiB }) => peakMiB <= limit), goals: { peakMiB: limit }, memoryMiB: mebibytes, runs };
}

interface Run {
  readonly rows: number;
  readonly seconds: number;
  readonly peakMiB: number;
  readonly verdict: string;
  readonly failed: number;
}

/** The flights over and over, with a number of their own each. */
async function writeMany(folder: string, flights: string, rows: number, path: string): Promise<void> {
  const { signal } = new AbortController();
  const session = await openDuckDb({ root: folder, scratch: folder, memory: 2 ** 33, signal, secrets: [] });
  try {
    await session.rows(
      `CREATE TABLE flights AS SELECT carrier, tailnum, dep_delay, month, origin, dest, flight FROM read_csv(${literal(flights)}, nullstr = 'NA')`,
    );
    await session.rows(`
      COPY (SELECT f.*, row_number() OVER () AS id FROM range(1 + ${rows} // 336776) r(i), flights f LIMIT ${rows})
      TO ${literal(path)} (FORMAT parquet)`);
  } finally {
    session.close();
  }
}
