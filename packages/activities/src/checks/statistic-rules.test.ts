import { column } from '@sluice/sdk';
import { describe, expect, it } from 'vitest';
import { judgeDataset } from './judge-dataset.ts';
import { bench, rowsSql as rows, wordsSql as words } from './testing/judged.ts';

const on = bench();

const x = column('x');

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
    expect((await on.row(sql, x.stdev(0, 1)))?.value).toBeCloseTo(Math.sqrt(50 / 3), 10);
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

describe('numbers of many rows', () => {
  it('are the same whenever they are measured, however many threads share them', async () => {
    const data = await on.dataset('select hash(i)::DOUBLE / 1e19 - 0.9 as x from range(500000) t(i)');
    const checks = [x.mean(0, 1), x.sum(0, 1), x.stdev(0, 1)];
    const once = () => judgeDataset(on.session, data.source, data.columns, checks);
    await on.session.rows('SET threads = 4');
    const first = await once();
    for (let again = 0; again < 3; again++) expect(await once()).toEqual(first);
    await on.session.rows('RESET threads');
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
