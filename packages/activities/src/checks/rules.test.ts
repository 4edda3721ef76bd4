import { column, table } from '@sluice/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, bench } from './testing/judged.ts';

let on: Bench;

beforeAll(async () => {
  on = await bench();
});

afterAll(async () => {
  await on.close();
});

const x = column('x');
const rows = (values: string, type = 'DOUBLE') => `select x::${type} as x from (values ${values}) t(x)`;
const words = (...list: string[]) => rows(list.map((one) => `('${one.replaceAll("'", "''")}')`).join(', '), 'VARCHAR');

describe('statistics of a column', () => {
  it('hold numbers against a range, nulls left out', async () => {
    const sql = rows('(1), (2), (3), (10), (null)');
    expect(await on.row(sql, x.mean(3, 5))).toEqual({
      metric: 'mean',
      slice: 'x',
      threshold: '3 to 5',
      verdict: 'pass',
      value: 4,
      n: 4,
    });
    expect(await on.row(sql, x.mean(null, 4, { strict: 'max' }))).toMatchObject({ verdict: 'fail', threshold: '< 4' });
    expect(await on.row(sql, x.median(2.5, 2.5))).toMatchObject({ verdict: 'pass', value: 2.5, threshold: '= 2.5' });
    // 1 + 3 · 0.9 = the rank 3.7: between 3 and 10
    expect((await on.row(sql, x.quantile(0.9, 0, 1)))?.value).toBeCloseTo(7.9, 12);
    expect((await on.row(sql, x.stdev(0, 1)))?.value).toBeCloseTo(Math.sqrt(50 / 3), 12);
    expect(await on.row(sql, x.sum(16, 16))).toMatchObject({ verdict: 'pass', value: 16 });
    expect(await on.row(sql, x.min(2, null))).toMatchObject({
      verdict: 'fail',
      value: 1,
      note: 'The least value is 1.0.',
    });
    expect(await on.row(sql, x.max(null, 10))).toMatchObject({ verdict: 'pass', value: 10 });
    expect(await on.row(sql, x.distinctCount(4, 4))).toMatchObject({ verdict: 'pass', value: 4 });
    expect(await on.row(sql, x.distinctShare(1, 1))).toMatchObject({ verdict: 'pass', value: 1 });
  });

  it('take quantiles of many rows by a sort, which are the same', async () => {
    // 0 … 599,999 shuffled: 7 is prime to 600,000
    const sql = 'select ((i * 7) % 600000)::double as x from range(600000) t(i) union all select null';
    const judged = await on.judge(sql, [
      x.median(299_999.5, 299_999.5),
      x.quantile(0.25, 149_999.75, 149_999.75),
      x.max(0, 1),
    ]);
    expect(judged.evidence.map(({ verdict }) => verdict)).toEqual(['fail', 'pass', 'pass']);
    expect(on.queries()).toBe(2);
    const nan = `select if(i = 5, 'nan'::double, i) as x from range(600000) t(i)`;
    expect(await on.row(nan, x.median(0, null))).toMatchObject({ verdict: 'fail', n: 600_000, value: null });
  });

  it('compare ends of dates and words as such', async () => {
    const dates = rows("('2013-01-01'), ('2013-12-31')", 'DATE');
    expect(await on.row(dates, x.max(null, '2013-12-31'))).toMatchObject({ verdict: 'pass', value: null });
    expect(await on.row(dates, x.max(null, '2013-12-30'))).toMatchObject({
      verdict: 'fail',
      note: 'The greatest value is 2013-12-31.',
    });
    expect(await on.row(words('b', 'c'), x.min('a', null))).toMatchObject({ verdict: 'pass' });
    const zoned = rows("('2020-01-01 12:00:00+02'), (null)", 'TIMESTAMPTZ');
    expect(await on.row(zoned, x.max(null, '2020-01-01T10:00:00Z'))).toMatchObject({ verdict: 'pass' });
    expect(await on.row(zoned, x.max(null, '2020-01-01T09:59:59Z'))).toMatchObject({ verdict: 'fail' });
  });

  it('are not there where a value is NaN, and that fails instead of hiding it', async () => {
    for (const check of [x.mean(0, null), x.median(0, null), x.sum(0, null), x.min(0, null), x.stdev(0, null)]) {
      expect(await on.row(rows("('1'), ('3'), ('nan'), (null)"), check)).toMatchObject({
        verdict: 'fail',
        value: null,
        n: 3,
        note: expect.stringMatching(/1 of 3 values are (NaN|no finite number)/),
      });
    }
    expect(await on.row(rows("('1'), ('inf')"), x.mean(0, null))).toMatchObject({ verdict: 'pass', value: null });
    expect(await on.row(rows("('1'), ('inf')"), x.mean(null, 5))).toMatchObject({
      verdict: 'fail',
      note: expect.stringContaining('Infinity'),
    });
  });

  it('are inconclusive without a value, and an error on texts', async () => {
    expect(await on.row(rows('(null)'), x.mean(0, 1))).toMatchObject({ verdict: 'inconclusive', n: 0 });
    expect(await on.row(rows('(1)'), x.stdev(0, 1))).toMatchObject({ verdict: 'inconclusive', n: 1 });
    expect(await on.row(words('a'), x.mean(0, 1))).toMatchObject({
      verdict: 'error',
      note: "The column's type is VARCHAR, which has no mean.",
    });
  });

  it('keep the digits of huge integers and decimals', async () => {
    const huge = rows('(9007199254740993), (9007199254740992)', 'BIGINT');
    expect(await on.row(huge, x.unique())).toMatchObject({ verdict: 'pass', n: 2 });
    expect(await on.row(huge, x.distinctCount(2, 2))).toMatchObject({ verdict: 'pass' });
    expect(await on.row(huge, x.max(null, '9007199254740992'))).toMatchObject({ verdict: 'fail' });
    const cents = rows('(0.10), (0.20)', 'DECIMAL(38, 2)');
    expect(await on.row(cents, x.sum(0.3, 0.3))).toMatchObject({ verdict: 'pass', value: 0.3 });
  });
});

describe('rules on texts', () => {
  it('count characters, not bytes', async () => {
    expect(await on.row(words('äöü', '世界', '', '🦊🦊🦊🦊'), x.length(1, 3))).toMatchObject({
      verdict: 'fail',
      value: 0.5,
      note: '2 of 4 unexpected: , 🦊🦊🦊🦊.',
    });
    expect(await on.row(rows('(12)'), x.length(1, 2))).toMatchObject({ verdict: 'error' });
  });

  it('refuse what they must not be', async () => {
    expect(await on.row(words('a', 'b'), x.notIn(['b']))).toMatchObject({ verdict: 'fail', value: 0.5 });
    expect(await on.row(words('a1', 'b'), x.notMatches('\\d'))).toMatchObject({ verdict: 'fail', value: 0.5 });
    expect(await on.row(rows('(1), (null)'), x.isNull())).toMatchObject({ verdict: 'fail', value: 0.5, n: 2 });
  });

  it('read dates and JSON', async () => {
    const dates = words('2013-02-28', '2013-02-30', 'soon', '');
    expect(await on.row(dates, x.parseable('date'))).toMatchObject({ value: 0.25 });
    expect(await on.row(words('28.02.2013', '2013-02-28'), x.parseable('date', '%d.%m.%Y'))).toMatchObject({
      value: 0.5,
    });
    expect(await on.row(words('2013-02-28T10:00:00+02:00', '25:00'), x.parseable('timestamp'))).toMatchObject({
      value: 0.5,
    });
    expect(await on.row(words('{"a": [1]}', '{a}', '"x"', 'null'), x.parseable('json'))).toMatchObject({ value: 0.75 });
    expect(await on.row(rows("('2013-02-28')", 'DATE'), x.parseable('date'))).toMatchObject({ value: 1 });
  });
});

describe('order', () => {
  it('is that of the rows, with nulls passed over', async () => {
    const sql = rows('(1), (2), (null), (2), (1), (5)', 'INTEGER');
    expect(await on.row(sql, x.increasing())).toMatchObject({
      verdict: 'fail',
      n: 5,
      value: 0.8,
      note: '1 of 5 unexpected: 1.',
    });
    expect(await on.row(sql, x.increasing({ strictly: true }))).toMatchObject({ value: 0.6 });
    expect(await on.row(sql, x.decreasing())).toMatchObject({ value: 0.6 });
    expect(await on.row(sql, x.increasing().mostly(0.8))).toMatchObject({ verdict: 'pass' });
  });

  it('holds over more rows than a row group', async () => {
    const sql = 'select case when i = 250000 then 0 else i end as x from range(300000) t(i)';
    expect(await on.row(sql, x.increasing({ strictly: true }))).toMatchObject({
      n: 300_000,
      note: '1 of 300000 unexpected: 0.',
    });
  });

  it('has no place for NaN', async () => {
    expect(await on.row(rows("('1'), ('nan'), ('2')"), x.increasing())).toMatchObject({
      note: '1 of 3 unexpected: nan.',
    });
  });
});

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

describe('the most common value', () => {
  it('is one of a list, and alone unless ties are allowed', async () => {
    expect(await on.row(words('a', 'a', 'b'), x.mostCommonIn(['a']))).toMatchObject({ verdict: 'pass', value: 2 / 3 });
    expect(await on.row(words('a', 'a', 'b'), x.mostCommonIn(['b', 'c']))).toMatchObject({
      verdict: 'fail',
      note: 'The most frequent value is a, 2 of 3.',
    });
    expect(await on.row(words('a', 'b'), x.mostCommonIn(['a']))).toMatchObject({ verdict: 'fail' });
    expect(await on.row(words('a', 'b'), x.mostCommonIn(['a', 'b']))).toMatchObject({ verdict: 'fail' });
    expect(await on.row(words('a', 'b'), x.mostCommonIn(['a'], { ties: true }))).toMatchObject({ verdict: 'pass' });
    expect(await on.row(rows('(null)'), x.mostCommonIn([1]))).toMatchObject({ verdict: 'inconclusive' });
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
    expect(await on.row(sql, column('a').type('INTEGER'))).toMatchObject({
      verdict: 'fail',
      note: 'The type is BIGINT.',
    });
  });
});

describe('freshness', () => {
  const at = '2013-12-31T12:00:00Z';

  it('is the age of the newest time at a moment that is given', async () => {
    const sql = rows("('2013-12-30 12:00:00'), ('2013-01-01'), (null)", 'TIMESTAMP');
    expect(await on.row(sql, x.fresh('2 days', at))).toEqual({
      metric: 'hours since the newest value',
      slice: 'x',
      threshold: '<= 48',
      verdict: 'pass',
      value: 24,
      n: 2,
      note: 'The newest value is 2013-12-30T12:00:00.000Z.',
    });
    expect(await on.row(sql, x.fresh('23 hours', at))).toMatchObject({ verdict: 'fail', value: 24 });
    expect(await on.row(rows("('2013-12-31')", 'DATE'), x.fresh('12 hours', at))).toMatchObject({
      verdict: 'pass',
      value: 12,
    });
    const zoned = rows("('2013-12-31 13:00:00+02')", 'TIMESTAMPTZ');
    expect(await on.row(zoned, x.fresh('2 hours', at))).toMatchObject({ value: 1 });
  });

  it('is not feigned by a time that is yet to come', async () => {
    expect(await on.row(rows("('2099-01-01'), ('2013-01-01')", 'DATE'), x.fresh('2 days', at))).toMatchObject({
      verdict: 'fail',
      note: expect.stringContaining('1 of 2 values are after 2013-12-31T12:00:00.000Z.'),
    });
    expect(await on.row(rows("('2099-01-01')", 'DATE'), x.fresh('2 days', at))).toMatchObject({ verdict: 'fail' });
    expect(await on.row(words('2013-12-31'), x.fresh('2 days', at))).toMatchObject({ verdict: 'error' });
  });
});

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

describe('a distribution', () => {
  const a = '(1), (2), (2), (3), (10), (4.5)';
  const b = '(2), (2), (3), (3.5), (8)';

  it('is held against rows value by value: scipy.stats.ks_2samp and wasserstein_distance', async () => {
    const reference = { data: await on.dataset(rows(a)) };
    const ks = await on.row(rows(b), x.distribution('ks', 0.1), { reference });
    expect(ks).toMatchObject({ verdict: 'fail', metric: 'KS distance', note: '5 values against 6, value by value.' });
    expect(ks?.value).toBeCloseTo(0.16666666666666666, 12);
    const distance = await on.row(rows(b), x.distribution('wasserstein', 0.3), { reference });
    expect(distance?.verdict).toBe('pass');
    expect(distance?.value).toBeCloseTo(0.269101414012375, 12);
  });

  it('is held against the frozen bins of a reference, which are named', async () => {
    const reference = { data: await on.dataset('select i::double as x from range(1000) t(i)') };
    const same = await on.row('select i::double as x from range(0, 1000, 2) t(i)', x.distribution('psi', 0.1), {
      reference,
    });
    expect(same).toMatchObject({
      verdict: 'pass',
      note: '500 values against 1000, 20 bins of about equal counts of the reference, with what lies outside.',
    });
    const moved = 'select i::double + 500 as x from range(1000) t(i)';
    const psi = await on.row(moved, x.distribution('psi', 0.25), { reference });
    expect(psi?.verdict).toBe('fail');
    // ten bins of .05 are empty, ten keep .05, and half of the data lies beyond the last edge
    const empty = 10 * (0.05 - 0.0001) * Math.log(0.05 / 0.0001);
    expect(psi?.value).toBeCloseTo(empty + (0.5 - 0.0001) * Math.log(0.5 / 0.0001), 1);
  });

  it('by a profile alone is about that by rows', async () => {
    const data = await on.dataset('select i::double as x from range(1000) t(i)');
    const moved = 'select i::double * 1.5 as x from range(1000) t(i)';
    for (const by of ['ks', 'wasserstein'] as const) {
      const exact = await on.row(moved, x.distribution(by, 9), { reference: { data } });
      const { profileColumns } = await import('../extract/profile.ts');
      const profile = { rows: 1000, columns: await profileColumns(on.session, data.source, data.columns) };
      const binned = await on.row(moved, x.distribution(by, 9), { reference: { profile } });
      expect(Math.abs((binned?.value ?? 0) - (exact?.value ?? 9))).toBeLessThan(0.02);
    }
  });

  it('of words counts each of the most frequent ones', async () => {
    const reference = { data: await on.dataset(words('a', 'a', 'a', 'b')) };
    expect((await on.row(words('a', 'b', 'b', 'b'), x.distribution('js', 0.5), { reference }))?.value).toBeCloseTo(
      Math.sqrt(0.75 * Math.log(1.5) + 0.25 * Math.log(0.5)),
      3,
    );
    expect(await on.row(words('a'), x.distribution('ks', 0.5), { reference })).toMatchObject({ verdict: 'error' });
  });

  it('counts NaN as a value of its own, and infinities as what lies outside', async () => {
    const reference = { data: await on.dataset(rows('(1), (2), (3), (4)')) };
    const half = rows("('1'), ('2'), ('nan'), ('inf')");
    expect((await on.row(half, x.distribution('js', 0.1), { reference }))?.verdict).toBe('fail');
    expect((await on.row(half, x.distribution('ks', 0.1), { reference }))?.value).toBeCloseTo(0.5, 12);
    expect(await on.row(half, x.distribution('wasserstein', 0.1), { reference })).toMatchObject({
      verdict: 'fail',
      value: null,
      note: expect.stringContaining('no finite numbers'),
    });
  });

  it('needs a reference, with that column and with values', async () => {
    expect(await on.row(rows('(1)'), x.distribution('psi', 0.1))).toMatchObject({
      verdict: 'error',
      note: 'There is no reference.',
    });
    const reference = { data: await on.dataset(rows('(null)')) };
    expect(await on.row(rows('(1)'), x.distribution('ks', 0.1), { reference })).toMatchObject({
      verdict: 'inconclusive',
    });
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
    expect(results.results[2]?.result).toMatchObject({
      partial_unexpected_index_list: [1],
      partial_unexpected_list: [],
    });
  });

  it('leave numbers of rows out where the data has a column of that name', async () => {
    const other = await on.dataset('select 1 as x');
    const judged = await on.judge('select 1 as x', [x.in([2])]);
    expect(judged.results.results[0]?.result).toMatchObject({ partial_unexpected_index_list: [0] });
    const { judgeDataset } = await import('./judge-dataset.ts');
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
