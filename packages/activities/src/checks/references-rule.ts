import type { Column, Rule } from '@sluice/sdk';
import { identifier } from '../extract/sql-text.ts';
import { isText } from './column-types.ts';
import { type Beside, CannotJudge, type Compiled, type Source } from './compiled.ts';
import { namesOf } from './names.ts';
import { rowsOf } from './value-rules.ts';

/** Values that a column of another dataset does not have. */
export function compileReferences(
  source: Source,
  { name, type }: Column,
  rule: Extract<Rule, { kind: 'references' }>,
  { others = {} }: Beside,
): Compiled {
  const other = Object.hasOwn(others, rule.dataset) ? others[rule.dataset] : undefined;
  if (other === undefined) {
    throw new CannotJudge(`There is no dataset "${rule.dataset}" beside this one; ${listed(Object.keys(others))}.`);
  }
  const column = other.columns.find((one) => one.name === rule.column);
  if (column === undefined) {
    throw new CannotJudge(`"${rule.dataset}" has no column "${rule.column}"; there are ${namesOf(other.columns)}.`);
  }
  if (isText(type) !== isText(column.type)) {
    throw new CannotJudge(`The column's type is ${type}, and that of ${rule.dataset}.${rule.column} ${column.type}.`);
  }
  const [x, y] = [identifier(name), identifier(rule.column)];
  const known = `(SELECT DISTINCT ${y} AS w FROM ${other.source.all} WHERE ${y} IS NOT NULL)`;
  const number = source.numbered === null ? '' : ', file_row_number';
  const from = `(SELECT v, w${number} FROM (SELECT ${x} AS v${number} FROM ${source.numbered ?? source.all} WHERE ${x} IS NOT NULL)
    LEFT JOIN ${known} ON v = w)`;
  return {
    from,
    asks: ['count(*)', 'count(*) FILTER (w IS NULL)'],
    measure: rowsOf(source),
    offenders: { from, broken: 'w IS NULL', value: 'v', numbered: source.numbered !== null },
  };
}

const listed = (names: readonly string[]) =>
  names.length === 0 ? 'there is none' : `there are ${names.map((name) => `"${name}"`).join(', ')}`;
