import { existsSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import {
  BOOLEAN,
  DOUBLE,
  type DuckDBType,
  type DuckDBValue,
  LIST,
  listValue,
  StatementType,
  VARCHAR,
} from '@duckdb/node-api';
import { ErrorCode, type Json, SluiceError } from '@sluice/sdk';
import type { Bindings, BindingTypes, DuckDbSession } from './duckdb-session.ts';

/** A query that DuckDB has parsed and bound, ready to stand in parentheses. */
export interface Query {
  readonly sql: string;
  readonly values: Bindings;
  readonly types: BindingTypes;
}

/**
 * Checks a step's SQL before anything is read: one query, and exactly the parameters it names.
 *
 * @throws SluiceError `InvalidSql`, `InvalidStep`, `NotFound`
 */
export async function checkQuery(
  session: DuckDbSession,
  sql: string,
  params: Readonly<Record<string, Json>>,
): Promise<Query> {
  const named = await session.guard(async (connection) => {
    if (sql.trim() === '') throw notOneQuery('nothing');
    const statements = await connection.extractStatements(sql).catch((error) => {
      throw /native callback/.test(String(error)) ? notOneQuery('comments only') : error;
    });
    if (statements.count !== 1) throw notOneQuery(`${statements.count} statements`);
    const statement = await statements.prepare(0);
    try {
      if (statement.statementType !== StatementType.SELECT) throw notOneQuery('a statement that is no query');
      return Array.from({ length: statement.parameterCount }, (_, index) => statement.parameterName(index + 1));
    } finally {
      statement.destroySync();
    }
  });
  checkNames(named, Object.keys(params));
  checkRelativePaths(sql, session.root);
  const bound = Object.entries(params).map(([name, value]) => [name, bind(name, value)] as const);
  return {
    sql: await bareQuery(session, sql),
    values: Object.fromEntries(bound.map(([name, { value }]) => [name, value])),
    types: Object.fromEntries(bound.flatMap(([name, { type }]) => (type === undefined ? [] : [[name, type]]))),
  };
}

function checkNames(named: readonly string[], given: readonly string[]): void {
  const positional = named.filter((name) => /^\d+$/.test(name));
  if (positional.length > 0) {
    throw new SluiceError(ErrorCode.InvalidStep, 'The SQL has parameters without names.', {
      where: 'sql',
      fix: 'Write $name instead of ? or $1.',
    });
  }
  const wanted = named.filter((name) => !given.includes(name));
  const unused = given.filter((name) => !named.includes(name));
  const list = (names: readonly string[]) => names.map((name) => `$${name}`).join(', ');
  if (wanted.length > 0) {
    throw new SluiceError(ErrorCode.InvalidStep, `The SQL names ${list(wanted)}, but params does not have it.`, {
      where: 'params',
      fix: `Add ${wanted.join(', ')} to params.`,
      data: { missing: wanted },
    });
  }
  if (unused.length > 0) {
    throw new SluiceError(ErrorCode.InvalidStep, `params has ${unused.join(', ')}, but the SQL does not name it.`, {
      where: 'params',
      fix: `Use ${list(unused)} in the SQL, or remove it from params.`,
      data: { unused },
    });
  }
}

/**
 * DuckDB looks for a plain relative path in the process's folder first. A worker that was started somewhere else and
 * finds a file of that name there would read the wrong one: that is refused.
 */
function checkRelativePaths(sql: string, root: string): void {
  const here = process.cwd();
  if (existsSync(root) && realpathSync(here) === realpathSync(root)) return;
  for (const [quoted] of sql.matchAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"/g)) {
    const path = quoted.slice(1, -1).replaceAll("''", "'").replaceAll('""', '"');
    if (isAbsolute(path) || !isFile(join(here, path))) continue;
    throw new SluiceError(ErrorCode.InvalidStep, `"${path}" is a file both of this process's folder and of the SQL.`, {
      where: here,
      fix: `Start the worker in the project's folder, ${root}, or write the path in full.`,
    });
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function bind(name: string, value: Json): { value: DuckDBValue; type?: DuckDBType } {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return { value };
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return { value };
    throw cannotBind(name, String(value));
  }
  if (!Array.isArray(value)) throw cannotBind(name, 'an object');
  const items: readonly Json[] = value;
  const types = new Set(items.filter((item) => item !== null).map((item) => typeof item));
  const type = types.has('number') ? DOUBLE : types.has('boolean') ? BOOLEAN : VARCHAR;
  if (types.size > 1) throw cannotBind(name, 'a list of different types');
  if (types.has('object')) throw cannotBind(name, 'a list of lists or objects');
  return { value: listValue(items as DuckDBValue[]), type: LIST(type) };
}

function cannotBind(name: string, what: string): SluiceError {
  return new SluiceError(
    ErrorCode.InvalidStep,
    `The parameter ${name} is ${what}; SQL takes a text, number, boolean or null, or a list of one of them.`,
    {
      where: `params.${name}`,
      fix: 'Pass its parts as parameters of their own.',
    },
  );
}

function notOneQuery(found: string): SluiceError {
  return new SluiceError(ErrorCode.InvalidSql, `An extract is one query, and this is ${found}.`, {
    where: 'sql',
    fix: 'Write one SELECT, FROM, VALUES or WITH; for PIVOT, list the values in ON … IN (…).',
  });
}

/** The query without its last semicolon: DuckDB's own parser says which one that is. */
async function bareQuery(session: DuckDbSession, sql: string): Promise<string> {
  for (let bare = sql; ; ) {
    const fits = await session.guard((connection) =>
      connection.extractStatements(`COPY (${bare}\n) TO 'x'`).then(
        () => true,
        () => false,
      ),
    );
    if (fits) return bare;
    const end = bare.lastIndexOf(';');
    if (end < 0) throw notOneQuery('a statement whose rows cannot be stored');
    bare = bare.slice(0, end);
  }
}
