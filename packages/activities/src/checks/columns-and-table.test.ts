import { column, table } from '@sluice/sdk';
import { describe, expect, it } from 'vitest';
import { bench, rowsSql as rows, wordsSql as words } from './testing/judged.ts';

const on = bench();

const x = column('x');

describe('rules on several columns', () => {
  const pairs = 'select * from (values (2, 1), (1, 1), (0, 1), (null, 1), (null, null)) t(a, b)';

  it('compare two columns row by row', async () => {
    expect(await on.row(pairs, column('a').greaterThan('b'))).toEqual({
      metric: 'the first greater than the second',
      slice: 'a, b',
      threshold: '>= 1',
      verdict: 'fail',
      value: 1 / 3,
      n: 3,
      note: '2 of 3 unexpected: 0, 1, 1, 1.',
    });
    expect(await on.row(pairs, column('a').atLeast('b'))).toMatchObject({ n: 3, value: 2 / 3 });
    expect(await on.row(pairs, column('a').equals('b'))).toMatchObject({ n: 3, value: 1 / 3 });
  });

  it('count rows with nulls where that is asked', async () => {
    expect(await on.row(pairs, column('a').greaterThan('b', { missing: 'both' }))).toMatchObject({ n: 4, value: 0.25 });
    expect(await on.row(pairs, column('a').equals('b', { missing: 'none' }))).toMatchObject({ n: 5, value: 0.2 });
  });

  it('do not compare a text with a number', async () => {
    expect(await on.row("select 1 as a, 'x' as b", column('a').equals('b'))).toMatchObject({
      verdict: 'error',
      note: '"a" is of the type INTEGER, and "b" VARCHAR: they do not compare.',
    });
  });

  it('find rows that have the same values together, nulls among them', async () => {
    const sql =
      "select * from (values (1, 'a'), (1, 'b'), (1, 'a'), (2, null), (2, null), (null, null), (null, null)) t(a, b)";
    expect(await on.row(sql, table().unique(['a', 'b']))).toMatchObject({
      metric: 'unique together',
      slice: 'a, b',
      n: 5,
      value: 0.2,
      note: '4 of 5 unexpected: 1, a (2 times), 2, null (2 times).',
    });
  });

  it('look a value up in another dataset', async () => {
    const others = { airports: await on.dataset("select * from (values ('EWR'), ('JFK'), ('JFK'), (null)) t(faa)") };
    const check = x.references('airports', 'faa');
    expect(await on.row(words('EWR', 'JFK', 'XXX', 'XXX'), check, { others })).toMatchObject({
      verdict: 'fail',
      metric: 'in airports.faa',
      n: 4,
      value: 0.5,
      note: '2 of 4 unexpected: XXX (2 times).',
    });
    expect(await on.row(words('EWR'), check)).toMatchObject({
      verdict: 'error',
      note: 'There is no dataset "airports" beside this one; there is none.',
    });
    expect(await on.row(words('EWR'), x.references('airports', 'code'), { others })).toMatchObject({
      verdict: 'error',
      note: '"airports" has no column "code"; there are "faa".',
    });
    expect(await on.row(rows('(1)'), check, { others })).toMatchObject({ verdict: 'error' });
  });
});

describe('rules on the table', () => {
  it('count rows, alone and against a reference', async () => {
    const sql = 'select * from range(90) t(x)';
    expect(await on.row(sql, table().rows(100, null))).toEqual({
      metric: 'rows',
      threshold: '>= 100',
      verdict: 'fail',
      value: 90,
      n: 90,
    });
    const reference = { data: await on.dataset('select * from range(100) t(x)') };
    expect(await on.row(sql, table().rowsRatio(0.9, 1.1), { reference })).toMatchObject({
      verdict: 'pass',
      value: 0.9,
      baseline: 100,
      note: '90 rows, and 100 in the reference.',
    });
    expect(await on.row(sql, table().rowsRatio(0.9, null))).toMatchObject({ verdict: 'error' });
  });

  it('name what differs in the columns', async () => {
    const sql = 'select 1 as b, 2 as a, 3 as "select"';
    expect(await on.row(sql, table().columns(['a', 'b', 'c']))).toMatchObject({
      verdict: 'fail',
      value: 2,
      note: 'missing: "c"; not expected: "select"; the order is "b", "a".',
    });
    expect(await on.row(sql, table().columns(['a', 'b'], { order: 'any', others: 'allowed' }))).toMatchObject({
      verdict: 'pass',
    });
    expect(await on.row(sql, table().columnCount(3, 3))).toMatchObject({ verdict: 'pass' });
  });

  it('know types by their names, other names of them and families', async () => {
    const sql = "select 1::bigint as a, 1.5::decimal(10, 2) as b, 'x' as c, timestamp '2013-01-01' as d";
    const ok = [
      column('a').type('BIGINT'),
      column('a').type('text', 'int8'),
      column('a').type('integer'),
      column('b').type('number'),
      column('b').type('decimal(10, 2)'),
      column('b').type('DECIMAL'),
      column('c').type('string'),
      column('d').type('time'),
    ];
    expect((await on.judge(sql, ok)).verdict).toBe('pass');
    const lists = 'select [1.5] as x';
    expect(await on.row(lists, x.type('number', 'DECIMAL'))).toMatchObject({ verdict: 'fail' });
    expect(await on.row(lists, x.mean(0, 1))).toMatchObject({
      verdict: 'error',
      note: expect.stringContaining('no mean'),
    });
    expect(await on.row(sql, column('a').type('INTEGER'))).toMatchObject({
      verdict: 'fail',
      note: 'The type is BIGINT.',
    });
  });
});
