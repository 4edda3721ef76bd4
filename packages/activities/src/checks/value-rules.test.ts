import { column } from '@sluice/sdk';
import { describe, expect, it } from 'vitest';
import { bench, rowsSql as rows, wordsSql as words } from './testing/judged.ts';

const on = bench();

const x = column('x');

describe('rules on numbers of 32 bits', () => {
  it('take a number as the column has it: 0.1 is 0.1', async () => {
    const floats = rows("('0.1'), ('0.7')", 'FLOAT');
    const checks = [x.in([0.1, 0.7]), x.between(0.1, 0.7), x.min(0.1, 1), x.max(0, 0.7), x.between(-1e300, 1e300)];
    expect((await on.judge(floats, checks)).evidence.map(({ verdict }) => verdict)).toEqual(Array(5).fill('pass'));
    expect(await on.row(floats, x.notIn([0.1]))).toMatchObject({ verdict: 'fail', value: 0.5 });
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

  it('that cannot be judged leave the others their verdict, whatever words they have', async () => {
    const checks = [x.notNull(), x.matches('Connection refused('), x.matches('No space left on device(')];
    const { evidence } = await on.judge(words('a'), checks);
    expect(evidence.map(({ verdict }) => verdict)).toEqual(['error', 'error', 'pass']);
    expect(evidence[0]?.note).toContain('missing )');
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
