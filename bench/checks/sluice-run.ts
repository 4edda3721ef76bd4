import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Check } from '@sluice/sdk';
import { type Judged, judgeDataset } from '../../packages/activities/src/checks/judge-dataset.ts';
import { type DuckDbSession, openDuckDb } from '../../packages/activities/src/extract/duckdb-session.ts';
import { columnsOf, writeParquet } from '../../packages/activities/src/extract/parquet.ts';
import { identifier, literal } from '../../packages/activities/src/extract/sql-text.ts';

export interface Timed {
  readonly judged: Judged;
  /** Of all of it: a database is opened, rows are read, checks are judged. */
  readonly seconds: number;
}

/** Judges a Parquet file as a step does with a dataset. */
export function judgeParquet(folder: string, path: string, checks: readonly Check[], memory: number): Promise<Timed> {
  return inSession(folder, memory, async (session) => {
    const all = `read_parquet(${literal(path)})`;
    const [{ n } = {}] = await session.rows(`SELECT count(*) AS n FROM ${all}`);
    return judgeFile(session, path, Number(n), checks);
  });
}

/** Writes the rows of a query to a dataset's file, and judges that: an extract without its profile. */
export function extractAndJudge(folder: string, sql: string, checks: readonly Check[], memory: number): Promise<Timed> {
  return inSession(folder, memory, async (session) => {
    const path = join(folder, 'scratch', 'data.parquet');
    const rows = await writeParquet(session, { sql, values: {}, types: {} }, path);
    return judgeFile(session, path, rows, checks);
  });
}

/** Reads columns of a relation into DuckDB's memory and judges them there: nothing is kept. */
export function judgeRelation(
  folder: string,
  relation: string,
  names: readonly string[],
  checks: readonly Check[],
  memory: number,
): Promise<Timed> {
  return inSession(folder, memory, async (session) => {
    const [made] = await session.rows(`CREATE TEMP TABLE kept AS SELECT ${names.map(identifier)} FROM ${relation}`);
    const numbered = '(SELECT *, rowid AS file_row_number FROM kept)';
    const source = { all: 'kept', numbered, rows: Number(made?.Count) };
    return judgeDataset(session, source, await columnsOf(session, 'kept'), checks);
  });
}

async function judgeFile(
  session: DuckDbSession,
  path: string,
  rows: number,
  checks: readonly Check[],
): Promise<Judged> {
  const all = `read_parquet(${literal(path)})`;
  const numbered = `read_parquet(${literal(path)}, file_row_number = true)`;
  return judgeDataset(session, { all, numbered, rows }, await columnsOf(session, all), checks);
}

async function inSession(
  folder: string,
  memory: number,
  work: (session: DuckDbSession) => Promise<Judged>,
): Promise<Timed> {
  const start = performance.now();
  const scratch = join(folder, 'scratch');
  await mkdir(scratch, { recursive: true });
  const { signal } = new AbortController();
  const session = await openDuckDb({ root: folder, scratch, memory, signal, secrets: [] });
  try {
    const judged = await work(session);
    return { judged, seconds: (performance.now() - start) / 1000 };
  } finally {
    session.close();
    await rm(scratch, { recursive: true, force: true });
  }
}
