import type { Column, Rule } from '@sluice/sdk';
import { identifier } from '../extract/sql-text.ts';
import { isFloating } from './column-types.ts';
import type { Compiled, Source } from './compiled.ts';
import { rowsOf } from './value-rules.ts';

/** Every value against the last one before it that is not null, in the order of rows: a window that streams. */
export function compileOrdered(
  source: Source,
  { name, type }: Column,
  rule: Extract<Rule, { kind: 'ordered' }>,
): Compiled {
  const x = identifier(name);
  const number = source.numbered === null ? '' : ', file_row_number';
  const from = `(SELECT v, lag(v) OVER () AS before${number} FROM (
    SELECT ${x} AS v${number} FROM ${source.numbered ?? source.all} WHERE ${x} IS NOT NULL))`;
  const wrong = `v ${rule.direction === 'increasing' ? '<' : '>'}${rule.strictly ? '=' : ''} before`;
  // NaN is in no order; what comes after one is not held against it.
  const broken = isFloating(type) ? `(isnan(v) OR (NOT isnan(before) AND ${wrong}))` : wrong;
  return {
    from,
    asks: ['count(*)', `count(*) FILTER (${broken})`],
    measure: rowsOf(source),
    offenders: { from, broken, value: 'v', numbered: source.numbered !== null },
  };
}
