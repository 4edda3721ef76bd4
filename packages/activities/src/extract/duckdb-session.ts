import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance, type DuckDBType, type DuckDBValue } from '@duckdb/node-api';
import { ErrorCode, type Json, SluiceError } from '@sluice/sdk';
import { duckDbError } from './duckdb-error.ts';
import { literal } from './sql-text.ts';

export type Bindings = Readonly<Record<string, DuckDBValue>>;
export type BindingTypes = Readonly<Record<string, DuckDBType>>;
export type Row = Readonly<Record<string, Json>>;

/** A DuckDB database in memory, of one extract. Queries run one at a time and end when the signal aborts. */
export interface DuckDbSession {
  readonly connection: DuckDBConnection;
  /** Folder of relative paths in SQL. */
  readonly root: string;
  /** Runs SQL and gives its rows; integers over 32 bits, decimals and dates come as text. */
  rows(sql: string, values?: Bindings): Promise<readonly Row[]>;
  /** Runs work on the connection; errors get their code, and cancellation interrupts it. */
  guard<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T>;
  close(): void;
}

export interface SessionOptions {
  /** Relative paths in SQL are relative to it. */
  readonly root: string;
  /** Folder for what does not fit into memory; the caller removes it. */
  readonly scratch: string;
  /** Bytes it may use; what does not fit spills to `scratch`. */
  readonly memory: number;
  readonly signal: AbortSignal;
  /** Texts that must not show up in an error: connection strings. */
  readonly secrets: readonly string[];
}

/** How often an interrupt is sent again until the query has heard it, ms. */
const interruptMs = 50;

export async function openDuckDb(options: SessionOptions): Promise<DuckDbSession> {
  const { root, scratch, signal, secrets, memory } = options;
  if (root.includes(',')) throw commaIn(root);
  const spill = join(scratch, 'spill');
  await mkdir(spill, { recursive: true });
  const instance = await DuckDBInstance.create(':memory:', {
    temp_directory: spill,
    memory_limit: `${memory}B`,
  });
  const connection = await instance.connect();

  async function guard<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    let timer: NodeJS.Timeout | undefined;
    const interrupt = () => {
      timer ??= setInterval(() => connection.interrupt(), interruptMs);
      connection.interrupt();
    };
    signal.addEventListener('abort', interrupt);
    try {
      return await work(connection);
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof SluiceError ? error : duckDbError(error, root, secrets);
    } finally {
      signal.removeEventListener('abort', interrupt);
      clearInterval(timer);
    }
  }

  const session: DuckDbSession = {
    connection,
    root,
    guard,
    rows: (sql, values) =>
      guard(async () => (await connection.runAndReadAll(sql, values && { ...values })).getRowObjectsJson() as Row[]),
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
  try {
    await session.rows(`SET file_search_path = ${literal(root)}`);
    await session.rows("SET TimeZone = 'UTC'"); // the same rows on every machine
  } catch (error) {
    session.close();
    throw error;
  }
  return session;
}

/** DuckDB takes a list of folders, parted by commas, and knows no way to quote one. */
function commaIn(root: string): SluiceError {
  return new SluiceError(ErrorCode.InvalidConfig, 'The path of the project has a comma, which DuckDB cannot search.', {
    where: root,
    fix: 'Move the project to a folder without a comma in its path.',
  });
}
