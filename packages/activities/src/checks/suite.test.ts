import { column, table } from '@sluice/sdk';
import { describe, expect, it } from 'vitest';
import { judgeDataset } from './judge-dataset.ts';
import { bench, wordsSql as words } from './testing/judged.ts';

const on = bench();

const x = column('x');

describe('a suite', () => {
  it('takes one scan for all plain rules, however many', async () => {
    const checks = Array.from({ length: 200 }, (_, i) => x.between(0, 1000 + i));
    const judged = await on.judge('select * from range(100) t(x)', [
      ...checks,
      x.mean(0, 99),
      x.median(0, 99),
      x.notNull(),
    ]);
    expect(judged.verdict).toBe('pass');
    expect(on.queries()).toBe(1);
  });

  it('groups a column once for all rules on how often values come', async () => {
    await on.judge('select * from range(100) t(x)', [
      x.unique(),
      x.distinctCount(100, 100),
      x.distinctShare(1, 1),
      x.mostCommonIn([1], { ties: true }),
    ]);
    expect(on.queries()).toBe(1);
  });

  it('answers the others when one cannot be judged', async () => {
    const { evidence } = await on.judge('select i as x from range(100) t(i)', [
      x.between('low', null),
      ...Array.from({ length: 20 }, () => x.notNull()),
      x.matches('('),
    ]);
    expect(evidence.map(({ verdict }) => verdict).sort()).toEqual([
      ...Array(2).fill('error'),
      ...Array(20).fill('pass'),
    ]);
  });

  it('warns without failing, below what blocks', async () => {
    const { verdict, evidence } = await on.judge('select 1 as x', [x.in([2]).warn(), x.notNull(), x.in([1])]);
    expect(verdict).toBe('pass');
    expect(evidence[0]).toMatchObject({
      verdict: 'fail',
      severity: 'warn',
      note: 'Only a warning. 1 of 1 unexpected: 1.',
    });
    expect((await on.judge('select 1 as x', [x.in([2]).warn()])).verdict).toBe('pass');
    expect((await on.judge('select 1 as x where false', [x.in([2]).warn()])).verdict).toBe('inconclusive');
    const both = await on.judge('select 1 as x', [x.in([2]).warn(), x.in([3])]);
    expect(both.evidence.map(({ severity }) => severity)).toEqual([undefined, 'warn']);
  });

  it('keeps the values of masked columns out of sight', async () => {
    const { evidence } = await on.judge(words('eva@example.org', 'bob'), [
      x.matches('@').masked(),
      x.unique(),
      x.mostCommonIn(['x']),
      x.max(null, 'a'),
      x.between(1, null),
    ]);
    expect(JSON.stringify(evidence)).not.toMatch(/eva|bob/);
    expect(evidence.find(({ metric }) => metric === 'matches @')?.note).toBe(
      '1 of 2 unexpected; the values are masked.',
    );
  });

  it.each(['v', 'k', 'n', 'r', 'w', 'c', 'before', 'next', 'a0', 'rows', 'data'])(
    'is not led astray by a column of the name %s, which its own queries use',
    async (name) => {
      const one = column(name);
      const sql = `select i % 4 as "${name}", 'x' as other from range(8) t(i) union all select null, 'x'`;
      const other = await on.dataset(`select i as "${name}" from range(3) t(i)`);
      const { results } = await on.judge(
        sql,
        [
          one.unique(),
          one.distinctCount(4, 4),
          one.increasing(),
          one.references('other', name),
          one.in([0, 1]),
          one.mean(1.5, 1.5),
          one.equals('other').warn(),
          table().unique([name, 'other']),
          one.distribution('ks', 1),
          one.distribution('psi', 9),
        ],
        { others: { other }, reference: { data: other } },
      );
      expect(results.results.map(({ success }) => success)).toEqual([
        ...[false, true, false, false, false, true, false, false, true, true],
      ]);
      const lists = results.results.map(
        ({ result }) => 'partial_unexpected_index_list' in result && result.partial_unexpected_index_list,
      );
      expect(lists.slice(0, 5)).toEqual([[0, 1, 2, 3, 4, 5, 6, 7], false, [4], [3, 7], [2, 3, 6, 7]]);
      expect(lists[7]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      expect(results.results[0]?.result).toMatchObject({
        partial_unexpected_counts: [0, 1, 2, 3].map((value) => ({ value: `${value}`, count: 2 })),
      });
    },
  );

  it('takes names of columns as names', async () => {
    const nasty = `"; drop table x; -- '`;
    const sql = `select 1 as "${nasty.replaceAll('"', '""')}", 2 as "count(*)", 3 as "select"`;
    const names = [nasty, 'count(*)', 'select'];
    for (const name of names) {
      const one = column(name);
      const { verdict } = await on.judge(sql, [
        one.notNull(),
        one.unique(),
        one.mean(0, 9),
        one.increasing(),
        one.atLeast(names.find((other) => other !== name) ?? '').warn(),
      ]);
      expect(verdict).toBe('pass');
    }
  });
});

describe('the results of checks', () => {
  it('have the shape of Great Expectations, with a bounded sample and the numbers of rows', async () => {
    const sql = 'select case when i % 3 = 0 then null else i % 3 end as x, i as y from range(90) t(i)';
    const { results } = await on.judge(sql, [
      x.in([1]).mostly(0.2),
      x.mean(5, 9),
      column('no').notNull(),
      x.fresh('1 day', '2013-01-01').warn(),
    ]);
    expect(results.results[0]).toEqual({
      success: true,
      expectation_config: {
        type: 'expect_column_values_to_be_in_set',
        kwargs: { column: 'x', value_set: [1], mostly: 0.2 },
        severity: 'critical',
      },
      result: {
        element_count: 90,
        missing_count: 30,
        missing_percent: 100 / 3,
        unexpected_count: 30,
        unexpected_percent: 50,
        unexpected_percent_total: 100 / 3,
        unexpected_percent_nonmissing: 50,
        partial_unexpected_list: Array(20).fill('2'),
        partial_unexpected_index_list: Array.from({ length: 20 }, (_, i) => 3 * i + 2),
        partial_unexpected_counts: [{ value: '2', count: 30 }],
      },
      exception_info: { raised_exception: false, exception_message: null },
    });
    expect(results.results[1]).toMatchObject({ success: false, result: { observed_value: 1.5, element_count: 60 } });
    expect(results.results[2]).toMatchObject({
      success: false,
      result: {},
      exception_info: { raised_exception: true },
    });
    expect(results.results[3]?.expectation_config).toMatchObject({ type: 'sluice_fresh', severity: 'warning' });
    expect(results.statistics).toEqual({
      evaluated_expectations: 4,
      successful_expectations: 1,
      unsuccessful_expectations: 3,
      success_percent: 25,
    });
    expect(results.success).toBe(false);
  });

  it('have the numbers of rows and no value of a masked column, nor of one that another check masks', async () => {
    const { results } = await on.judge(words('zoe', 'bob'), [
      x.in(['amy']).masked(),
      x.unique(),
      x.notIn(['bob']),
      x.max(null, 'a'),
    ]);
    expect(JSON.stringify(results)).not.toMatch(/zoe/);
    const numbers = [x.quantile(1, 0, 5).masked(), x.median(0, 5), x.max(0, 5)];
    const salaries = await on.judge('select 123456 as x', numbers);
    expect(salaries.verdict).toBe('fail');
    expect(JSON.stringify(salaries)).not.toContain('123456');
    expect(results.results[2]?.result).toMatchObject({
      partial_unexpected_index_list: [1],
      partial_unexpected_list: [],
    });
  });

  it('leave numbers of rows out where the data has a column of that name', async () => {
    const other = await on.dataset('select 1 as x');
    const judged = await on.judge('select 1 as x', [x.in([2])]);
    expect(judged.results.results[0]?.result).toMatchObject({ partial_unexpected_index_list: [0] });
    const without = await judgeDataset(on.session, { ...other.source, numbered: null }, other.columns, [
      x.in([2]),
      x.increasing(),
    ]);
    expect(without.results.results[0]?.result).toMatchObject({
      partial_unexpected_index_list: [],
      partial_unexpected_counts: [{ value: '1', count: 1 }],
    });
  });
});
