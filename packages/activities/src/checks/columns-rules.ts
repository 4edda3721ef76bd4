import type { Column, ColumnsCheck, Missing } from '@sluice/sdk';
import { identifier } from '../extract/sql-text.ts';
import { isFloating, isText } from './column-types.ts';
import { CannotJudge, type Compiled, type Source } from './compiled.ts';
import { rowsOf } from './value-rules.ts';

/** Rules on several columns of a row. */
export function compileColumnsRule(source: Source, columns: readonly Column[], { rule }: ColumnsCheck): Compiled {
  if (rule.kind === 'unique') return compileTogether(source, columns);
  const [a, b] = columns;
  if (a === undefined || b === undefined) throw new CannotJudge('A pair has two columns.');
  if (isText(a.type) !== isText(b.type)) {
    throw new CannotJudge(`"${a.name}" is of the type ${a.type}, and "${b.name}" ${b.type}: they do not compare.`);
  }
  const [x, y] = [identifier(a.name), identifier(b.name)];
  const kept = rule.kind === 'equal' ? `${x} = ${y}` : `${x} ${rule.orEqual ? '>=' : '>'} ${y}`;
  const nan = [a, b].filter(({ type }) => isFloating(type)).map(({ name }) => `isnan(${identifier(name)})`);
  const counts = counted(x, y, rule.missing ?? 'either');
  // A null that counts keeps nothing, and NaN neither.
  const broken = `${counts} AND (NOT coalesce(${kept}, false)${nan.map((one) => ` OR coalesce(${one}, false)`).join('')})`;
  return {
    from: source.all,
    asks: [`count(*) FILTER (${counts})`, `count(*) FILTER (${broken})`],
    measure: rowsOf(source),
    offenders: {
      from: source.numbered ?? source.all,
      broken,
      value: together([x, y]),
      numbered: source.numbered !== null,
    },
  };
}

function counted(x: string, y: string, missing: Missing): string {
  if (missing === 'none') return 'true';
  return missing === 'both' ? `NOT (${x} IS NULL AND ${y} IS NULL)` : `(${x} IS NOT NULL AND ${y} IS NOT NULL)`;
}

const together = (list: readonly string[]) => list.map((x) => `coalesce(${x}::VARCHAR, 'null')`).join(" || ', ' || ");

function compileTogether(source: Source, columns: readonly Column[]): Compiled {
  const list = columns.map(({ name }) => identifier(name));
  const counts = `NOT (${list.map((x) => `${x} IS NULL`).join(' AND ')})`;
  const by = list.join(', ');
  const row = `{${list.map((x, index) => `'c${index}': ${x}`).join(', ')}}`;
  const twice = `SELECT ${row} FROM ${source.all} WHERE ${counts} GROUP BY ${by} HAVING count(*) > 1`;
  return {
    from: `(SELECT count(*) AS k FROM ${source.all} WHERE ${counts} GROUP BY ${by})`,
    asks: ['coalesce(sum(k), 0)::BIGINT', 'coalesce(sum(k) FILTER (k > 1), 0)::BIGINT'],
    measure: rowsOf(source),
    offenders: {
      from: source.numbered ?? source.all,
      broken: `${counts} AND ${row} IN (${twice})`,
      value: together(list),
      numbered: source.numbered !== null,
    },
  };
}
