import { type Check, type Column, type Evidence, SluiceError, verdicts } from '@sluice/sdk';
import type { DuckDbSession } from './duckdb-session.ts';
import type { Source } from './profile.ts';
import { identifier, literal } from './sql-text.ts';

type Rule = Check['rule'];

/** Most unexpected values that a row's note lists. */
const mostUnexpected = 20;

/**
 * Judges every check on the stored rows: one row of evidence each, worst first. A check without a single value to
 * judge is inconclusive; one that cannot be judged (no such column, a bound of another type) is an error.
 */
export async function judgeChecks(
  session: DuckDbSession,
  source: Source,
  columns: readonly Column[],
  checks: readonly Check[],
): Promise<Evidence[]> {
  const rows: Evidence[] = [];
  for (const check of checks) rows.push(await judge(session, source, columns, check));
  if (source.rows === 0) {
    rows.push({
      metric: 'rows',
      verdict: 'inconclusive',
      value: 0,
      threshold: '> 0',
      n: 0,
      note: 'The query gave no rows.',
    });
  } else if (checks.length === 0) {
    rows.push({ metric: 'rows', verdict: 'pass', value: source.rows, threshold: '> 0', n: source.rows });
  }
  const badness = (row: Evidence) => verdicts.indexOf(row.verdict);
  return rows.sort((a, b) => badness(b) - badness(a) || (a.value ?? -1) - (b.value ?? -1));
}

async function judge(
  session: DuckDbSession,
  source: Source,
  columns: readonly Column[],
  check: Check,
): Promise<Evidence> {
  const base = { metric: ruleText(check.rule), slice: check.column, threshold: `>= ${check.share}` };
  const error = (note: string): Evidence => ({ ...base, verdict: 'error', value: null, n: null, note });
  const column = columns.find(({ name }) => name === check.column);
  if (column === undefined) {
    return error(`There is no column "${check.column}"; there are ${namesOf(columns)}.`);
  }
  try {
    const { n, unexpected } = await count(session, source, column, check.rule);
    if (n === 0) return { ...base, verdict: 'inconclusive', value: null, n, note: 'There is no value to judge.' };
    const value = (n - unexpected) / n;
    const verdict = value >= check.share ? 'pass' : 'fail';
    if (unexpected === 0) return { ...base, verdict, value, n };
    const list = await unexpectedValues(session, source, column, check.rule);
    return { ...base, verdict, value, n, note: `${unexpected} of ${n} unexpected${list}` };
  } catch (cause) {
    if (cause instanceof SluiceError && cause.code === 'InvalidSql') {
      return error(`The rule does not fit the column's type ${column.type}: ${firstLine(cause.message)}`);
    }
    throw cause;
  }
}

async function count(session: DuckDbSession, source: Source, { name, type }: Column, rule: Rule) {
  const x = identifier(name);
  const [row = {}] =
    rule.kind === 'unique'
      ? await session.rows(`
          SELECT coalesce(sum(k), 0)::BIGINT AS n, coalesce(sum(k) FILTER (k > 1), 0)::BIGINT AS unexpected
          FROM (SELECT count(*) AS k FROM ${source.all} WHERE ${x} IS NOT NULL GROUP BY ${x})`)
      : await session.rows(`
          SELECT count(${rule.kind === 'notNull' ? '*' : x}) AS n,
            count(*) FILTER (${brokenBy(rule, x, type)}) AS unexpected FROM ${source.all}`);
  return { n: Number(row.n), unexpected: Number(row.unexpected) };
}

/** The most frequent values that break a rule, as the end of a sentence; nothing for nulls. */
async function unexpectedValues(session: DuckDbSession, source: Source, { name, type }: Column, rule: Rule) {
  if (rule.kind === 'notNull') return ': null.';
  const x = identifier(name);
  const [where, having] =
    rule.kind === 'unique' ? [`${x} IS NOT NULL`, 'HAVING count(*) > 1'] : [brokenBy(rule, x, type), ''];
  const rows = await session.rows(`
    SELECT left(${x}::VARCHAR, 60) AS v, count(*) AS n FROM ${source.all} WHERE ${where}
    GROUP BY ${x} ${having} ORDER BY n DESC, ${x}::VARCHAR LIMIT ${mostUnexpected + 1}`);
  const shown = rows.slice(0, mostUnexpected).map(({ v, n }) => (Number(n) === 1 ? `${v}` : `${v} (${n} times)`));
  return `: ${shown.join(', ')}${rows.length > mostUnexpected ? ', …' : '.'}`;
}

/** SQL that is true for a value that breaks the rule, and not true for null. */
function brokenBy(rule: Exclude<Rule, { kind: 'unique' }>, x: string, type: string): string {
  switch (rule.kind) {
    case 'notNull':
      return `${x} IS NULL`;
    case 'between': {
      const parts = [
        ...(rule.min === null ? [] : [`${x} < ${constant(rule.min, type)}`]),
        ...(rule.max === null ? [] : [`${x} > ${constant(rule.max, type)}`]),
        // DuckDB puts NaN over every number: without this it would be at least 0.
        ...(isFloating(type) ? [`isnan(${x})`] : []),
      ];
      return parts.length === 0 ? 'false' : `(${parts.join(' OR ')})`;
    }
    case 'in':
      if (rule.values.length === 0) return `${x} IS NOT NULL`;
      return `${x} NOT IN (${rule.values.map((value) => constant(value, type)).join(', ')})`;
    case 'matches':
      return `NOT regexp_matches(${x}::VARCHAR, ${literal(rule.pattern)})`;
  }
}

/** A constant to compare a column with: text takes the column's type, so that '2013-06-30' is a date beside dates. */
function constant(value: string | number | boolean, type: string): string {
  if (isFloating(type) && !Number.isFinite(Number(value))) {
    return `error(${literal(`${JSON.stringify(value)} is no number to compare with.`)})`;
  }
  if (typeof value === 'string') return isText(type) ? literal(value) : `CAST(${literal(value)} AS ${type})`;
  if (isText(type)) return `error(${literal(`${JSON.stringify(value)} is not text; write it in quotes.`)})`;
  return typeof value === 'number' ? `${literal(String(value))}::DOUBLE` : String(value);
}

const isText = (type: string) => type === 'VARCHAR';
const isFloating = (type: string) => type === 'DOUBLE' || type === 'FLOAT';

/** The rule as a person would say it. */
function ruleText(rule: Rule): string {
  switch (rule.kind) {
    case 'notNull':
      return 'not null';
    case 'unique':
      return 'unique';
    case 'between':
      if (rule.min === null) return rule.max === null ? 'any value' : `at most ${rule.max}`;
      return rule.max === null ? `at least ${rule.min}` : `between ${rule.min} and ${rule.max}`;
    case 'in':
      return `in ${cut(rule.values.map((value) => JSON.stringify(value)).join(', '))}`;
    case 'matches':
      return `matches ${cut(rule.pattern)}`;
  }
}

const cut = (text: string) => (text.length > 100 ? `${text.slice(0, 99)}…` : text);
const firstLine = (text: string) => cut(text.split('\n', 1)[0] ?? '');

function namesOf(columns: readonly Column[]): string {
  const names = columns.slice(0, 30).map(({ name }) => `"${name}"`);
  return names.join(', ') + (columns.length > 30 ? ` and ${columns.length - 30} more` : '');
}
