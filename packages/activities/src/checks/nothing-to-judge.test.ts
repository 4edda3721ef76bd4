import { column, table } from '@sluice/sdk';
import { describe, expect, it } from 'vitest';
import { bench, rowsSql as rows } from './testing/judged.ts';

const on = bench();

const x = column('x');

describe('a dataset without rows, and a column without values', () => {
  const checks = [
    ...[
      x.unique(),
      x.between(0, 1),
      x.in([1]),
      x.notIn([1]),
      x.increasing(),
      x.equals('y'),
      table().unique(['x', 'y']),
    ],
    ...[x.mean(0, 1), x.median(0, 1), x.stdev(0, 1), x.sum(0, 1), x.min(0, 1), x.max(0, 1), x.quantile(0.5, 0, 1)],
    ...[
      x.distinctCount(0, 1),
      x.distinctShare(0, 1),
      x.mostCommonIn([1]),
      x.distribution('ks', 1),
      x.distribution('psi', 1),
    ],
    ...[x.distribution('wasserstein', 1), x.distribution('js', 1), x.references('other', 'x'), x.parseable('date')],
    column('t').fresh('1 day', '2013-01-01'),
    column('s').matches('a'),
    column('s').length(1, 2),
  ];

  it.each(['where false', ''])('are inconclusive in every rule on values, and no error: %s', async (where) => {
    const sql = `select null::double as x, null::double as y, null::varchar as s, null::timestamp as t ${where}`;
    const other = await on.dataset(rows('(1), (2)'));
    const judged = await on.judge(sql, checks, { others: { other }, reference: { data: other } });
    const wrong = judged.evidence.filter(({ verdict, metric }) => verdict !== 'inconclusive' && metric !== 'rows');
    expect(wrong).toEqual([]);
    expect(judged.verdict).toBe('inconclusive');
    expect(judged.results.results.every(({ success }) => success === null)).toBe(true);
  });

  it('are judged by what needs no value', async () => {
    const sql = 'select 1 as x where false';
    const judged = await on.judge(sql, [
      x.type('INTEGER'),
      table().columns(['x']),
      table().rows(1, null),
      table().columnCount(1, 1),
    ]);
    expect(judged.results.results.map(({ success }) => success)).toEqual([true, true, false, true]);
  });
});
