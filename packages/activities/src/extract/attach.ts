import { ErrorCode, SluiceError } from '@sluice/sdk';
import { movedTo } from './duckdb-error.ts';
import type { DuckDbSession } from './duckdb-session.ts';
import { identifier, literal } from './sql-text.ts';

/**
 * Connection strings by the name that SQL uses; `env:NAME` is looked up.
 *
 * @throws SluiceError `InvalidConfig` for a variable that is not set, `InvalidStep` for anything but Postgres.
 */
export function connectionStrings(
  attach: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ReadonlyMap<string, string> {
  return new Map(Object.entries(attach).map(([name, value]) => [name, connectionString(name, value, environment)]));
}

function connectionString(
  name: string,
  value: string,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const variable = value.startsWith('env:') ? value.slice(4) : null;
  const connection = variable === null ? value : environment[variable];
  if (!connection) {
    throw new SluiceError(ErrorCode.InvalidConfig, `The environment variable ${variable} is not set.`, {
      where: `attach.${name}`,
      fix: `Set ${variable} to a libpq connection string or a postgres:// URL on the worker.`,
    });
  }
  if (/^postgres(ql)?:/i.test(connection) || /^\s*[a-z_]+\s*=/i.test(connection)) return connection;
  throw new SluiceError(ErrorCode.InvalidStep, 'This is not a connection to Postgres.', {
    where: `attach.${name}`,
    fix: "Write 'postgres://user@host/database', 'host=… dbname=…', or 'env:NAME' for a variable that holds one. Files need no attach: name them in the SQL.",
  });
}

/**
 * Attaches databases read-only. DuckDB's Postgres extension is loaded where it is installed, and downloaded otherwise.
 *
 * @throws SluiceError `Unreachable`, `Refused`
 */
export async function attachDatabases(session: DuckDbSession, connections: ReadonlyMap<string, string>): Promise<void> {
  if (connections.size === 0) return;
  await at('attach', async () => {
    await session.rows('LOAD postgres').catch(async () => {
      await session.rows('INSTALL postgres');
      await session.rows('LOAD postgres');
    });
  });
  for (const [name, connection] of connections) {
    await at(`attach.${name}`, async () => {
      await session.rows(`ATTACH ${literal(connection)} AS ${identifier(name)} (TYPE postgres, READ_ONLY)`);
    });
  }
}

/** Says of an error where it happened. */
async function at(where: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw error instanceof SluiceError ? movedTo(error, where) : error;
  }
}
