import { describe, expect, it } from 'vitest';
import { column } from './column.ts';
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
  ])('cannot be: %s', (message, make) => {
    expect(make).toThrow(
      expect.objectContaining({
        code: ErrorCode.InvalidStep,
        message: expect.stringContaining(message),
        fix: expect.stringMatching(/./),
      }),
    );
  });

  it('may have dates for ends, whose order DuckDB knows', () => {
    expect(x.between('2013-01-01', '2013-12-31').rule).toEqual({
      kind: 'between',
      min: '2013-01-01',
      max: '2013-12-31',
    });
  });
});
