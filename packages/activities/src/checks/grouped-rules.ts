import type { Column, Json, Rule } from '@sluice/sdk';
import { identifier } from '../extract/sql-text.ts';
import type { Compiled, MeasuredValue, Source } from './compiled.ts';
import { constants } from './constant.ts';
import { isWithin } from './within.ts';

type Distinct = Extract<Rule, { kind: 'statistic' }>;

/** A column's values, each once, with how often it comes. All rules about that share one scan of the column. */
const grouped = (source: Source, x: string) =>
  `(SELECT ${x} AS v, count(*) AS k FROM ${source.all} WHERE ${x} IS NOT NULL GROUP BY ${x})`;

const distinctAsks = ['coalesce(sum(k), 0)::BIGINT', 'count(*)'] as const;

export function compileUnique(source: Source, { name }: Column): Compiled {
  const x = identifier(name);
  return {
    from: grouped(source, x),
    asks: [distinctAsks[0], 'coalesce(sum(k) FILTER (k > 1), 0)::BIGINT'],
    measure: ([n, unexpected]) => ({
      kind: 'rows',
      n: Number(n),
      missing: source.rows - Number(n),
      unexpected: Number(unexpected),
    }),
    offenders: {
      from: source.numbered ?? source.all,
      broken: `${x} IN (SELECT ${x} FROM ${source.all} WHERE ${x} IS NOT NULL GROUP BY ${x} HAVING count(*) > 1)`,
      value: x,
      numbered: source.numbered !== null,
    },
  };
}

/** How many different values, or their share of all. */
export function compileDistinct(source: Source, { name }: Column, rule: Distinct): Compiled {
  return {
    from: grouped(source, identifier(name)),
    asks: distinctAsks,
    measure: ([all, different]) => {
      const n = Number(all);
      const value = rule.of === 'distinct' ? Number(different) : n === 0 ? null : Number(different) / n;
      const keeps = value === null || n === 0 ? null : isWithin(value, rule);
      return { kind: 'value', n, value, observed: value, keeps };
    },
    offenders: null,
  };
}

/** The most frequent value; of several, the first by its text is shown. */
export function compileMostCommon(
  source: Source,
  { name, type }: Column,
  rule: Extract<Rule, { kind: 'mostCommon' }>,
): Compiled {
  const among = `v IN (${constants(rule.values, type)})`;
  return {
    from: grouped(source, identifier(name)),
    asks: [
      distinctAsks[0],
      `arg_min(left(v::VARCHAR, 200), {'k': -k, 'v': v::VARCHAR})`,
      `max(k, 2) FILTER (${among})`,
      `max(k) FILTER (NOT ${among})`,
    ],
    measure: ([all, value, listed, others]: readonly Json[]): MeasuredValue => {
      const n = Number(all);
      if (n === 0) return { kind: 'value', n, value: null, observed: null, keeps: null };
      const [inside = 0, second = 0] = Array.isArray(listed) ? listed.map(Number) : [];
      const outside = Number(others ?? 0);
      const most = Math.max(inside, outside);
      const keeps = rule.ties === true ? inside === most : inside > outside && inside > second;
      const tied = inside === outside || (inside === most && inside === second) ? ' Another is as frequent.' : '';
      const note = `The most frequent value is ${value}, ${most} of ${n}.${tied}`;
      return { kind: 'value', n, value: most / n, observed: value ?? null, keeps, personal: true, note };
    },
    offenders: null,
  };
}
