import { describe, expect, it } from 'vitest';
import { type Check, checked, column, table } from './column.ts';
import { ErrorCode } from './errors.ts';

const x = column('x');

describe('a check on a column', () => {
  it('is plain data, for all rows unless loosened', () => {
    expect(JSON.parse(JSON.stringify(x.notNull()))).toEqual({ column: 'x', rule: { kind: 'notNull' }, share: 1 });
    expect(x.between(0, null).mostly(0.999)).toEqual({
      column: 'x',
      rule: { kind: 'between', min: 0, max: null },
      share: 0.999,
    });
    expect(x.in(['a', 1, true])).toMatchObject({ rule: { kind: 'in', values: ['a', 1, true] } });
    expect(x.matches('^N')).toMatchObject({ rule: { kind: 'matches', pattern: '^N' } });
    expect(x.unique()).toMatchObject({ rule: { kind: 'unique' } });
  });

  it.each<[string, () => unknown]>([
    ['the name of the column is ""', () => column('').notNull()],
    ['the name of the column is undefined', () => column(undefined as never).notNull()],
    ['mostly(…) on column x is 0', () => x.notNull().mostly(0)],
    ['mostly(…) on column x is 99.9', () => x.notNull().mostly(99.9)],
    ['mostly(…) on column x is NaN', () => x.notNull().mostly(Number.NaN)],
    ['between(null, null) checks nothing', () => x.between(null, null)],
    ['between(5, 1) has its ends the wrong way round', () => x.between(5, 1)],
    ['between(0, "z") has a number and a text', () => x.between(0, 'z')],
    ['an end of between is NaN', () => x.between(Number.NaN, 1)],
    ['an end of between is undefined', () => x.between(0, undefined as never)],
    ['an end of between is a Date', () => x.between(new Date(0) as never, null)],
    ['in(…) has no values', () => x.in([])],
    ['in(…) has null', () => x.in(['a', null as never])],
    ['in(…) has undefined', () => x.in([undefined as never])],
    ['the pattern of matches is ""', () => x.matches('')],
    ['strict is "up"', () => x.between(0, 1, { strict: 'up' as never })],
    ['notIn(…) has no values', () => x.notIn([])],
    ['mean(null, null) checks nothing', () => x.mean(null, null)],
    ['stdev(2, 1) has its ends the wrong way round', () => x.stdev(2, 1)],
    ['the quantile is 90', () => x.quantile(90, 0, 1)],
    ['an end of length is 1.5', () => x.length(1.5, null)],
    ['an end of rows is -1', () => table().rows(-1, null)],
    ['what to parse as is "xml"', () => x.parseable('xml' as never)],
    ['JSON has no format', () => x.parseable('json', '%Y')],
    ['within is 0', () => x.fresh(0, '2013-01-01')],
    ['the moment is "yesterday"', () => x.fresh('1 day', 'yesterday')],
    ['the moment is "2013-02-31T99:00"', () => x.fresh('1 day', '2013-02-31T99:00')],
    ['the distance is "hellinger"', () => x.distribution('hellinger' as never, 0.1)],
    ['the greatest distance is NaN', () => x.distribution('psi', Number.NaN)],
    ['the columns of the check have "x" twice', () => x.equals('x')],
    ['missing is "some"', () => x.equals('y', { missing: 'some' as never })],
    ['the check names 1 column', () => table().unique(['x'])],
    ['the columns: there are none', () => table().columns([])],
    ['the types: there are none', () => x.type()],
    ['makes no sense for statistic', () => checked({ ...x.mean(0, 1), share: 0.5 }, 'x')],
    ['an object is no rule', () => checked({ column: 'x', rule: { kind: 'luck' }, share: 1 } as never, 'x')],
    ['undefined is no rule', () => checked(undefined as never, 'x')],
    ['null is no rule', () => checked(null as never, 'x')],
    ['an end of mean is "5"', () => x.mean('5' as never, null)],
    ['an end of distinct is "2013-01-01"', () => x.distinctCount(null, '2013-01-01' as never)],
    ['the moment is "2013-02-30"', () => x.fresh(1, '2013-02-30')],
    ['undefined is no rule', () => checked({ share: 1 } as never, 'x')],
  ])('cannot be: %s', (message, make) => {
    expect(make).toThrow(
      expect.objectContaining({
        code: ErrorCode.InvalidStep,
        message: expect.stringContaining(message),
        fix: expect.stringMatching(/./),
      }),
    );
  });

  it('as earlier versions wrote it, in runs under way, is one still', () => {
    const written: Check[] = [
      { column: 'x', rule: { kind: 'notNull' }, share: 1 },
      { column: 'x', rule: { kind: 'between', min: 0, max: null }, share: 0.999 },
      { column: 'x', rule: { kind: 'in', values: ['a', 1, true] }, share: 1 },
    ];
    expect(written.map((check) => checked(check, 'x'))).toEqual(written);
  });

  it('may be a warning, and may keep its values out of sight', () => {
    expect(x.notNull().mostly(0.9).warn().masked()).toEqual({
      column: 'x',
      rule: { kind: 'notNull' },
      share: 0.9,
      severity: 'warn',
      mask: true,
    });
    expect(JSON.parse(JSON.stringify(table().rows(1, null).warn()))).toEqual({
      rule: { kind: 'rows', min: 1, max: null },
      share: 1,
      severity: 'warn',
    });
  });

  it('holds a moment in UTC, whatever its zone', () => {
    expect(x.fresh('2 days', '2013-12-31').rule).toEqual({
      kind: 'fresh',
      within: 172_800_000,
      at: '2013-12-31T00:00:00.000Z',
    });
    expect(x.fresh(1, '2013-12-31T12:00:00+02:00').rule).toMatchObject({ at: '2013-12-31T10:00:00.000Z' });
    expect(x.fresh(1, '2013-12-31 12:00:00').rule).toMatchObject({ at: '2013-12-31T12:00:00.000Z' });
  });

  it('may have dates for ends, whose order DuckDB knows', () => {
    expect(x.between('2013-01-01', '2013-12-31').rule).toEqual({
      kind: 'between',
      min: '2013-01-01',
      max: '2013-12-31',
    });
  });
});
