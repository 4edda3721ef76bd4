import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { ErrorCode, SluiceError, type Suite } from '@sluice/sdk';
import type { ActivityContext } from '../context.ts';
import { identifier, literal } from '../extract/sql-text.ts';
import { newAttemptId } from '../job/process/attempt-id.ts';
import { evenSample } from './even-sample.ts';
import { belowProject, missingCases } from './suite.ts';

export interface Case {
  /** Place in the file, from 0. */
  readonly row: number;
  readonly category: string;
  readonly inputs: Record<string, unknown>;
  readonly label: unknown;
}

export interface Cases {
  readonly cases: readonly Case[];
  /** Rows in the file. */
  readonly total: number;
  /** Rows left out because they have no right answer. */
  readonly withoutLabel: number;
  /** Of the file's bytes. */
  readonly digest: string;
}

/** Category of every case where the suite names no column for it. */
const ONE_CATEGORY = '(all)';
const ROW = '__sluice_row';

/**
 * Reads a suite's cases, at most `suite.limit`, drawn evenly over categories.
 *
 * @throws SluiceError `NotFound`; `InvalidStep` for a column that is not there or a file that cannot be read.
 */
export async function loadCases(
  context: Pick<ActivityContext, 'root' | 'stateDir' | 'store'>,
  suite: Suite,
  seed: number,
  where: string,
): Promise<Cases> {
  if (typeof suite.cases === 'string') {
    const path = belowProject(context.root, suite.cases, where);
    if (!(await stat(path).catch(() => null))?.isFile()) throw missingCases(suite.cases, where);
    return { ...(await read(path, suite, seed, where)), digest: `sha256:${await sha256(path)}` };
  }
  const scratch = join(context.stateDir, 'work', newAttemptId());
  await mkdir(scratch, { recursive: true });
  try {
    const path = join(scratch, 'cases.parquet');
    await context.store.fetch(suite.cases, path);
    return { ...(await read(path, suite, seed, where)), digest: suite.cases.digest };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function read(path: string, suite: Suite, seed: number, where: string): Promise<Omit<Cases, 'digest'>> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run(
      `create temp table cases as select *, row_number() over () - 1 as ${ROW} from ${readerOf(path, where)}`,
    );
    const columns = await columnsOf(connection);
    checkColumns(suite, [...columns.keys()], where);
    return await select(connection, columns, suite, seed);
  } catch (error) {
    if (error instanceof SluiceError) throw error;
    throw new SluiceError(ErrorCode.InvalidStep, `The cases cannot be read: ${(error as Error).message}`, {
      where,
      fix: 'JSON lines (.jsonl), CSV with a header (.csv) and Parquet (.parquet) are read.',
      cause: error,
    });
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/**
 * A column of JSON for each name. DuckDB would take many or sparse names for one map, and the answer `10:00` for a time,
 * `10:00:00`.
 */
const asWritten = 'sample_size = -1, maximum_depth = 1, map_inference_threshold = -1, field_appearance_threshold = 0';

function readerOf(path: string, where: string): string {
  const file = literal(path);
  const name = path.toLowerCase().replace(/\.(gz|zst)$/, '');
  // Else a folder called `run=3` on the way to the file would be an input.
  const plain = 'hive_partitioning = false';
  if (name.endsWith('.parquet')) return `read_parquet(${file}, ${plain})`;
  if (/\.(jsonl|ndjson|json)$/.test(name)) return `read_json(${file}, ${plain}, ${asWritten})`;
  if (/\.(csv|tsv)$/.test(name)) return `read_csv_auto(${file}, header = true, ${plain})`;
  throw new SluiceError(ErrorCode.InvalidStep, `${path.slice(path.lastIndexOf('/') + 1)} is no kind of file I know.`, {
    where,
    fix: 'Give the cases as .jsonl, .csv or .parquet.',
  });
}

/** DuckDB's type by column. */
async function columnsOf(connection: DuckDBConnection): Promise<Map<string, string>> {
  const described = await connection.runAndReadAll('describe cases');
  const rows = described.getRowObjectsJson() as unknown as { column_name: string; column_type: string }[];
  return new Map(rows.filter((row) => row.column_name !== ROW).map((row) => [row.column_name, row.column_type]));
}

function checkColumns(suite: Suite, columns: readonly string[], where: string): void {
  const wanted = [suite.label, ...(suite.category === null ? [] : [suite.category]), ...(suite.inputs ?? [])];
  const absent = wanted.filter((name) => !columns.includes(name));
  if (absent.length === 0) return;
  throw new SluiceError(ErrorCode.InvalidStep, `The cases have no column ${absent.join(', ')}.`, {
    where,
    fix: `They have ${columns.join(', ')}.`,
  });
}

async function select(
  connection: DuckDBConnection,
  columns: ReadonlyMap<string, string>,
  suite: Suite,
  seed: number,
): Promise<Omit<Cases, 'digest'>> {
  const category =
    suite.category === null
      ? `'${ONE_CATEGORY}'`
      : `coalesce(${textOf(suite.category, columns.get(suite.category))}, '(none)')`;
  const listed = await connection.runAndReadAll(
    `select ${ROW}::double, ${category}, ${identifier(suite.label)} is not null from cases order by ${ROW}`,
  );
  const all = listed.getRows() as unknown as [number, string, boolean][];
  const labelled = all.filter(([, , has]) => has).map(([row, name]) => ({ row, category: name }));
  const chosen = suite.limit === null ? labelled : evenSample(labelled, suite.limit, seed);
  const names = suite.inputs ?? [...columns.keys()].filter((name) => name !== suite.label);
  const types = [...names, suite.label].map((name) => columns.get(name) ?? '');
  const fields = [...names, suite.label].map((name, i) => plain(name, types[i] ?? ''));
  const written = types.map((type) => type === 'JSON');
  await connection.run('create temp table chosen (row_index bigint)');
  for (let from = 0; from < chosen.length; from += 1000) {
    const slice = chosen.slice(from, from + 1000);
    await connection.run(`insert into chosen values ${slice.map(({ row }) => `(${row})`).join(', ')}`);
  }
  const result = await connection.runAndReadAll(
    `select ${fields.join(', ')} from cases where ${ROW} in (select row_index from chosen) order by ${ROW}`,
  );
  const cases = result.getRowsJS().map((values, i): Case => {
    const json = values.map((value, column) =>
      written[column] && value !== null ? JSON.parse(String(value)) : toJson(value),
    );
    const inputs = Object.fromEntries(names.map((name, column) => [name, json[column]]));
    return { row: chosen[i]?.row ?? -1, category: chosen[i]?.category ?? '', inputs, label: json[names.length] };
  });
  return { cases, total: all.length, withoutLabel: all.length - labelled.length };
}

const textOf = (name: string, type: string | undefined) =>
  type === 'JSON' ? `${identifier(name)} ->> '$'` : `${identifier(name)}::varchar`;

/** A column as JSON can hold it: moments as DuckDB prints them, exact numbers as doubles. */
function plain(name: string, type: string): string {
  if (/^(DECIMAL|U?HUGEINT)/.test(type) && !type.endsWith(']')) return `${identifier(name)}::double`;
  if (/^(DATE|TIME|INTERVAL|UUID|ENUM|BIT|BLOB)/.test(type) && !type.endsWith(']'))
    return `${identifier(name)}::varchar`;
  return identifier(name);
}

function toJson(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toJson(inner)]));
  }
  return value;
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
