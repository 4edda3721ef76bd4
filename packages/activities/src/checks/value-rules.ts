import type { Column, Json, Rule } from '@sluice/sdk';
import { identifier, literal } from '../extract/sql-text.ts';
import { isText } from './column-types.ts';
import type { Compiled, Source } from './compiled.ts';
import { CannotJudge } from './compiled.ts';
import { constants, outside } from './constant.ts';

/** Rules that one value keeps or breaks by itself: all of them share one scan. */
type Plain = Extract<
  Rule,
  { kind: 'notNull' | 'null' | 'between' | 'in' | 'notIn' | 'matches' | 'notMatches' | 'length' | 'parseable' }
>;

export function compileValueRule(source: Source, column: Column, rule: Plain): Compiled {
  const x = identifier(column.name);
  const broken = brokenBy(rule, x, column.type);
  const everyRow = rule.kind === 'notNull' || rule.kind === 'null';
  return {
    from: source.all,
    asks: [`count(${everyRow ? '*' : x})`, `count(*) FILTER (${broken})`],
    measure: rowsOf(source),
    offenders: {
      from: source.numbered ?? source.all,
      broken,
      value: rule.kind === 'notNull' ? null : x,
      numbered: source.numbered !== null,
    },
  };
}

/** The answers `n` and `unexpected`. */
export const rowsOf =
  (source: Source) =>
  ([n, unexpected]: readonly Json[]) =>
    ({
      kind: 'rows',
      n: Number(n),
      missing: Math.max(0, source.rows - Number(n)),
      unexpected: Number(unexpected),
    }) as const;

/** SQL that is true for a value that breaks the rule, and not true for null. */
function brokenBy(rule: Plain, x: string, type: string): string {
  switch (rule.kind) {
    case 'notNull':
      return `${x} IS NULL`;
    case 'null':
      return `${x} IS NOT NULL`;
    case 'between':
      return outside(x, type, rule);
    case 'in':
      if (rule.values.length === 0) return `${x} IS NOT NULL`;
      return `${x} NOT IN (${constants(rule.values, type)})`;
    case 'notIn':
      return `${x} IN (${constants(rule.values, type)})`;
    case 'matches':
      return `NOT regexp_matches(${x}::VARCHAR, ${literal(rule.pattern)})`;
    case 'notMatches':
      return `regexp_matches(${x}::VARCHAR, ${literal(rule.pattern)})`;
    case 'length':
      if (!isText(type)) throw new CannotJudge(`The column's type is ${type}, and only texts have a length.`);
      return outside(`length(${x})`, 'BIGINT', rule);
    case 'parseable':
      return `${x} IS NOT NULL AND ${unreadable(rule, `${x}::VARCHAR`)}`;
  }
}

function unreadable(rule: Extract<Rule, { kind: 'parseable' }>, text: string): string {
  if (rule.as === 'json') return `NOT json_valid(${text})`;
  if (rule.format !== undefined) return `try_strptime(${text}, ${literal(rule.format)}) IS NULL`;
  return `TRY_CAST(${text} AS ${rule.as === 'date' ? 'DATE' : 'TIMESTAMP WITH TIME ZONE'}) IS NULL`;
}
