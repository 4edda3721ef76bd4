import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Check, Evidence } from '@sluice/sdk';
import { afterAll, beforeAll } from 'vitest';
import { type DuckDbSession, openDuckDb } from '../../extract/duckdb-session.ts';
import { columnsOf } from '../../extract/parquet.ts';
import { literal } from '../../extract/sql-text.ts';
import type { Beside, Other } from '../compiled.ts';
import { type Judged, judgeDataset } from '../judge-dataset.ts';

/** DuckDB and a folder of Parquet files, for tests of checks. */
export interface Bench {
  readonly session: DuckDbSession;
  /** Writes the rows of a query to a Parquet file of its own. */
  dataset(sql: string): Promise<Other>;
  judge(sql: string, checks: readonly Check[], beside?: Beside): Promise<Judged>;
  /** The one row of evidence of one check. */
  row(sql: string, check: Check, beside?: Beside): Promise<Evidence | undefined>;
  /** How often DuckDB was asked since the last call. */
  queries(): number;
}

/** A bench that is there from the first test of a file to the last; to be called outside of them. */
export function bench(): Bench {
  let opened: Opened;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened.close());
  return {
    get session() {
      return opened.session;
    },
    dataset: (...given) => opened.dataset(...given),
    judge: (...given) => opened.judge(...given),
    row: (...given) => opened.row(...given),
    queries: () => opened.queries(),
  };
}

interface Opened extends Bench {
  close(): Promise<void>;
}

async function open(): Promise<Opened> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-checks-'));
  const opened = await openDuckDb({
    root: folder,
    scratch: folder,
    memory: 512 * 1024 * 1024,
    signal: new AbortController().signal,
    secrets: [],
  });
  let [files, asked] = [0, 0];
  const session: DuckDbSession = {
    ...opened,
    rows: (sql, values) => {
      asked++;
      return opened.rows(sql, values);
    },
  };
  const dataset = async (sql: string): Promise<Other> => {
    const path = join(folder, `${files++}.parquet`);
    const [written] = await opened.rows(`COPY (${sql}) TO ${literal(path)} (FORMAT parquet)`);
    const all = `read_parquet(${literal(path)})`;
    const numbered = `read_parquet(${literal(path)}, file_row_number = true)`;
    return { source: { all, numbered, rows: Number(written?.Count) }, columns: await columnsOf(opened, all) };
  };
  const judge = async (sql: string, checks: readonly Check[], beside: Beside = {}) => {
    const { source, columns } = await dataset(sql);
    asked = 0;
    return judgeDataset(session, source, columns, checks, beside);
  };
  return {
    session,
    dataset,
    judge,
    row: async (sql, check, beside) => (await judge(sql, [check], beside)).evidence[0],
    queries: () => asked,
    async close() {
      opened.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Rows of one column `x`: `rowsSql('(1), (null)')`. */
export const rowsSql = (values: string, type = 'DOUBLE') => `select x::${type} as x from (values ${values}) t(x)`;

/** Texts in a column `x`. */
export const wordsSql = (...list: string[]) => rowsSql(list.map((one) => `(${literal(one)})`).join(', '), 'VARCHAR');
