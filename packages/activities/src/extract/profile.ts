import type { Column, Evidence } from '@sluice/sdk';
import { isFloating, isNumber, isTime } from '../checks/column-types.ts';
import type { CheckResults } from '../checks/result-shape.ts';
import type { Source } from '../checks/source.ts';
import { twelveDigits } from './digits.ts';
import type { DuckDbSession, Row } from './duckdb-session.ts';
import {
  countsOfAtLeast,
  edgesOfQuantiles,
  edgesOfValues,
  type Histogram,
  mostBins,
  mostDistinct,
} from './histogram.ts';
import { identifier } from './sql-text.ts';

/** What a dataset's columns look like: the JSON behind `Dataset.profile`. */
export interface DatasetProfile {
  readonly version: 1;
  readonly rows: number;
  /** All columns, in order. */
  readonly columns: readonly ColumnProfile[];
  /** Every check's row, worst first; the dataset's own `evidence` has the first 20. */
  readonly checks: readonly Evidence[];
  /** The same with samples of what is wrong, in the order of the checks. Left out by earlier versions. */
  readonly results?: CheckResults;
}

export interface ColumnProfile extends Column {
  readonly kind: 'number' | 'text' | 'boolean' | 'time' | 'other';
  /** Values that are not null. */
  readonly count: number;
  readonly nulls: number;
  /** Different values, nulls left out. Exact up to a million rows, else HyperLogLog’s estimate, off by some 13 % (one standard error). */
  readonly distinct: number;
  readonly distinctExact: boolean;
  /** Least and greatest value; text where JSON has no exact number (integers over 15 digits, decimals, dates). Infinity and NaN are left out. */
  readonly min: number | string | null;
  readonly max: number | string | null;
  /** Of floating-point columns: values that are no finite number. They are part of `count` and of nothing else. */
  readonly notFinite: { readonly nan: number; readonly infinity: number; readonly negativeInfinity: number } | null;
  /** Of numbers, to 12 digits; null without values or where it is over what a double holds. */
  readonly mean: number | null;
  /** Standard deviation of the sample (divisor n - 1). */
  readonly sd: number | null;
  /** Of numbers, linearly interpolated. */
  readonly quantiles: Quantiles | null;
  /** Rows that quantiles and edges were taken from: every k-th row of more than a million. Counts are of all rows. */
  readonly quantileRows: number | null;
  readonly histogram: Histogram | null;
  /** Of text and booleans: the most frequent values, at most 20; values are cut to 200 characters. */
  readonly top: readonly { readonly value: string; readonly count: number }[] | null;
  /** The first values that are not null, at most 5, cut to 200 characters. */
  readonly examples: readonly string[];
}

export interface Quantiles {
  readonly p01: number;
  readonly p05: number;
  readonly p25: number;
  readonly p50: number;
  readonly p75: number;
  readonly p95: number;
  readonly p99: number;
}

const shares = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99] as const;
/** Rows up to which everything is exact; beyond them, quantiles come from about so many. */
const exactRows = 1_000_000;

/** Characters that a profile shows of a value. */
export const mostShown = 200;

/** Describes every column of a relation. */
export async function profileColumns(
  session: DuckDbSession,
  source: Source,
  columns: readonly Column[],
): Promise<ColumnProfile[]> {
  const profiles: ColumnProfile[] = [];
  for (const column of columns) profiles.push(await profileColumn(session, source, column));
  return profiles;
}

async function profileColumn(session: DuckDbSession, source: Source, column: Column): Promise<ColumnProfile> {
  const x = identifier(column.name);
  const kind = kindOf(column.type);
  const floating = isFloating(column.type);
  const finite = floating ? `isfinite(${x})` : `${x} IS NOT NULL`;
  const distinctExact = source.rows <= exactRows;
  const ordered = kind !== 'other';
  const [basic = {}] = await session.rows(`
    SELECT count(${x}) AS n, count(*) - count(${x}) AS nulls,
      ${distinctExact ? `count(DISTINCT ${x})` : `approx_count_distinct(${x})`} AS distinct_values,
      ${ordered ? `min(${x}) FILTER (${finite})::VARCHAR` : 'NULL'} AS low,
      ${ordered ? `max(${x}) FILTER (${finite})::VARCHAR` : 'NULL'} AS high
    FROM ${source.all}`);
  const count = Number(basic.n);
  return {
    ...column,
    kind,
    count,
    nulls: Number(basic.nulls),
    distinct: Number(basic.distinct_values),
    distinctExact,
    min: endOf(basic.low, kind, floating),
    max: endOf(basic.high, kind, floating),
    notFinite: floating ? await notFinite(session, source, x) : null,
    ...(kind === 'number' ? await numbersOf(session, source, x, finite) : noNumbers),
    top: kind === 'text' || kind === 'boolean' ? await topOf(session, source, x) : null,
    examples: await examplesOf(session, source, x),
  };
}

function kindOf(type: string): ColumnProfile['kind'] {
  if (isNumber(type)) return 'number';
  if (isTime(type)) return 'time';
  if (type === 'BOOLEAN') return 'boolean';
  return /^(VARCHAR|UUID|JSON|ENUM\(.*\))$/.test(type) ? 'text' : 'other';
}

function endOf(value: Row[string] | undefined, kind: ColumnProfile['kind'], floating: boolean): number | string | null {
  if (typeof value !== 'string') return null;
  if (kind !== 'number') return value.slice(0, mostShown);
  const digits = value.replace(/^-?0*\.?0*|\D/g, '').length;
  return floating || digits <= 15 ? Number(value) : value;
}

async function notFinite(session: DuckDbSession, source: Source, x: string): Promise<ColumnProfile['notFinite']> {
  const [row = {}] = await session.rows(`
    SELECT count(*) FILTER (isnan(${x})) AS nan, count(*) FILTER (${x} = 'infinity'::DOUBLE) AS up,
      count(*) FILTER (${x} = '-infinity'::DOUBLE) AS down FROM ${source.all}`);
  return { nan: Number(row.nan), infinity: Number(row.up), negativeInfinity: Number(row.down) };
}

type Numbers = Pick<ColumnProfile, 'mean' | 'sd' | 'quantiles' | 'quantileRows' | 'histogram'>;
const noNumbers: Numbers = { mean: null, sd: null, quantiles: null, quantileRows: null, histogram: null };

async function numbersOf(session: DuckDbSession, source: Source, x: string, finite: string): Promise<Numbers> {
  const value = `${x}::DOUBLE`;
  const every = source.numbered === null ? 1 : Math.ceil(source.rows / exactRows);
  const sample = every === 1 ? source.all : `${source.numbered} WHERE file_row_number % ${every} = 0`;
  const bins = Array.from({ length: mostBins - 1 }, (_, index) => (index + 1) / mostBins);
  const [row = {}] = await session.rows(`
    SELECT count(v) AS n, quantile_cont(v, [${shares}]) AS q, quantile_disc(v, [${bins}]) AS e
    FROM (SELECT ${value} AS v FROM ${sample}) WHERE isfinite(v)`);
  const [ends = {}] = await session.rows(
    `SELECT min(${value}) AS low, max(${value}) AS high FROM ${source.all} WHERE ${finite} AND isfinite(${value})`,
  );
  if (typeof ends.low !== 'number' || typeof ends.high !== 'number') return noNumbers;
  const edges = await edgesOf(session, source, value, [ends.low, ...numbersIn(row.e), ends.high]);
  return {
    mean: await moment(session, source, value, 'avg'),
    sd: await moment(session, source, value, 'stddev_samp'),
    quantiles: quantilesOf(numbersIn(row.q)),
    quantileRows: Number(row.n),
    histogram: { edges, counts: await countsOf(session, source, value, edges) },
  };
}

function numbersIn(value: Row[string] | undefined): number[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'number') : [];
}

function quantilesOf(values: readonly number[]): Quantiles | null {
  const [p01, p05, p25, p50, p75, p95, p99] = values;
  if (p01 === undefined || p05 === undefined || p25 === undefined || p50 === undefined) return null;
  if (p75 === undefined || p95 === undefined || p99 === undefined) return null;
  return { p01, p05, p25, p50, p75, p95, p99 };
}

async function edgesOf(session: DuckDbSession, source: Source, value: string, quantiles: number[]): Promise<number[]> {
  const few = await session.rows(
    `SELECT DISTINCT ${value} AS v FROM ${source.all} WHERE isfinite(${value}) LIMIT ${mostDistinct + 1}`,
  );
  if (few.length > mostDistinct) return edgesOfQuantiles(quantiles);
  return edgesOfValues(numbersIn(few.map((row) => row.v ?? null)).sort((a, b) => a - b));
}

async function countsOf(
  session: DuckDbSession,
  source: Source,
  value: string,
  edges: readonly number[],
): Promise<number[]> {
  const filters = edges.slice(0, -1).map((edge, index) => `count(*) FILTER (v >= ${edge}::DOUBLE) AS c${index}`);
  const [row = {}] = await session.rows(
    `SELECT ${filters} FROM (SELECT ${value} AS v FROM ${source.all}) WHERE isfinite(v)`,
  );
  return countsOfAtLeast(edges.slice(0, -1).map((_, index) => Number(row[`c${index}`])));
}

/** Null where the result is no finite number: DuckDB refuses some sums that overflow, and has Infinity for others. */
async function moment(session: DuckDbSession, source: Source, value: string, name: string): Promise<number | null> {
  try {
    const [row = {}] = await session.rows(
      `SELECT ${name}(v) AS m FROM (SELECT ${value} AS v FROM ${source.all}) WHERE isfinite(v)`,
    );
    return typeof row.m === 'number' && Number.isFinite(row.m) ? twelveDigits(row.m) : null;
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('Out of Range Error')) return null;
    throw error;
  }
}

async function topOf(session: DuckDbSession, source: Source, x: string): Promise<{ value: string; count: number }[]> {
  const rows = await session.rows(`
    SELECT left(v, ${mostShown}) AS v, n FROM (
      SELECT ${x}::VARCHAR AS v, count(*) AS n FROM ${source.all} WHERE ${x} IS NOT NULL GROUP BY ${x} ORDER BY n DESC, v LIMIT 20
    ) ORDER BY n DESC, v`);
  return rows.map((row) => ({ value: String(row.v), count: Number(row.n) }));
}

async function examplesOf(session: DuckDbSession, source: Source, x: string): Promise<string[]> {
  const rows = await session.rows(
    `SELECT left(${x}::VARCHAR, ${mostShown}) AS v FROM ${source.all} WHERE ${x} IS NOT NULL LIMIT 5`,
  );
  return rows.map((row) => String(row.v));
}
