import { describe, expect, it } from 'vitest';
import { column, table } from '../../column.ts';
import { ErrorCode } from '../../errors.ts';
import type { Check } from '../check.ts';
import { suiteFromGreatExpectations, suiteToGreatExpectations } from './suite.ts';

const x = column('x');

/** Everything that both support. */
const both: readonly Check[] = [
  x.notNull().mostly(0.9).warn(),
  x.isNull(),
  x.unique().masked(),
  x.between(0, 1),
  x.between('2013-01-01', null, { strict: 'min' }),
  x.between(null, 5, { strict: 'max' }),
  x.between(0, 5, { strict: 'both' }).mostly(0.5),
  x.in(['a', 1, true]),
  x.notIn(['b']),
  x.matches('^N\\d+$'),
  x.notMatches('\\s'),
  x.length(1, 3),
  x.parseable('json'),
  x.parseable('timestamp', '%Y-%m-%d'),
  x.increasing(),
  x.decreasing({ strictly: true }),
  x.type('BIGINT', 'DOUBLE'),
  x.mean(1, 2),
  x.median(1, null),
  x.quantile(0.9, 1, 2),
  x.stdev(0, 1),
  x.sum(null, 9),
  x.min(0, 1, { strict: 'both' }),
  x.max(0, 1),
  x.distinctCount(1, 3),
  x.distinctShare(0.5, 1),
  x.mostCommonIn(['a'], { ties: true }),
  x.greaterThan('y', { missing: 'both' }),
  x.atLeast('y', { missing: 'either' }),
  x.equals('y', { missing: 'none' }).mostly(0.99),
  table().unique(['x', 'y']),
  table().rows(1, 10),
  table().columnCount(2, 2),
  table().columns(['x', 'y']),
  table().columns(['x', 'y'], { order: 'any' }),
  table().columns(['x', 'y'], { order: 'any', others: 'allowed' }),
  table().columns(['x'], { order: 'any', others: 'allowed' }),
];

const one = (type: string, kwargs: object, more: object = {}) => ({
  name: 'flights',
  expectations: [{ type, kwargs, ...more }],
});

describe('a suite of Great Expectations', () => {
  it('that was written is read as the same checks', () => {
    const text = JSON.stringify(suiteToGreatExpectations(both, 'flights'));
    expect(suiteFromGreatExpectations(text)).toEqual(both.map((check) => JSON.parse(JSON.stringify(check))));
  });

  it("keeps DuckDB's own names of types apart from Python's", () => {
    const written = suiteToGreatExpectations([x.type('int8', 'float')], 'flights');
    expect(suiteFromGreatExpectations(written)).toMatchObject([{ rule: { types: ['INT8', 'FLOAT'] } }]);
    expect(() => suiteToGreatExpectations([x.type('Integer')], 'flights')).toThrow('has no expectation');
  });

  it('is read as its own library writes it', () => {
    // str(ExpectationSuite(…).to_json_dict()) of great_expectations 1.24.1
    const suite = {
      name: 'x',
      id: null,
      expectations: [
        {
          type: 'expect_column_values_to_not_be_null',
          kwargs: { column: 'a', mostly: 0.9 },
          meta: {},
          severity: 'warning',
        },
        {
          type: 'expect_column_pair_values_to_be_equal',
          kwargs: { column_A: 'a', column_B: 'b' },
          meta: {},
          severity: 'critical',
        },
        {
          type: 'expect_column_quantile_values_to_be_between',
          kwargs: {
            column: 'a',
            quantile_ranges: {
              quantiles: [0.1, 0.5],
              value_ranges: [
                [0, null],
                [1, 2],
              ],
            },
          },
          meta: {},
          severity: 'critical',
        },
      ],
      meta: { great_expectations_version: '1.24.1' },
      notes: null,
    };
    expect(suiteFromGreatExpectations(suite)).toEqual([
      { column: 'a', rule: { kind: 'notNull' }, share: 0.9, severity: 'warn' },
      { columns: ['a', 'b'], rule: { kind: 'equal', missing: 'both' }, share: 1 },
      { column: 'a', rule: { kind: 'statistic', of: 'quantile', at: 0.1, min: 0, max: null }, share: 1 },
      { column: 'a', rule: { kind: 'statistic', of: 'quantile', at: 0.5, min: 1, max: 2 }, share: 1 },
    ]);
    const old = {
      expectation_suite_name: 'y',
      expectations: [{ expectation_type: 'expect_table_row_count_to_equal', kwargs: { value: 3 } }],
    };
    expect(suiteFromGreatExpectations(old)).toEqual([{ rule: { kind: 'rows', min: 3, max: 3 }, share: 1 }]);
  });

  it('may name a type in several ways, and in those of Python', () => {
    const types = ['str', 'object', 'float', 'int', 'int64', 'boolean'];
    expect(
      suiteFromGreatExpectations(
        one('expect_column_values_to_be_in_type_list', { column: 'x', type_list: types, mostly: 1 }),
      ),
    ).toEqual([{ column: 'x', rule: { kind: 'type', types: ['VARCHAR', 'DOUBLE', 'BIGINT', 'BOOLEAN'] }, share: 1 }]);
  });

  it.each(['^[-*+/]$', '\\++\\d', 'a\\?+', '[]*+]', '[^]*+]', '\\\\1', '[\\]*+]', '(?P<a>.)', '(?i)x'])(
    'may have the pattern %s, which RE2 knows',
    (regex) => {
      expect(
        suiteFromGreatExpectations(one('expect_column_values_to_match_regex', { column: 'x', regex })),
      ).toMatchObject([{ rule: { pattern: regex } }]);
    },
  );

  it.each(['(a)\\1', 'a*+', 'a{2}+', '[a]++', '(?=a)', '(?<!a)b', '(?P<a>.)(?P=a)', '(?>a)', '\\\\\\1'])(
    'may not have the pattern %s, which RE2 does not know',
    (regex) => {
      expect(() =>
        suiteFromGreatExpectations(one('expect_column_values_to_match_regex', { column: 'x', regex })),
      ).toThrow('RE2');
    },
  );

  it.each<[unknown, string, string]>([
    [
      one('expect_column_values_to_be_in_type_list', { column: 'x', type_list: 'int64' }),
      'type_list is "int64"',
      'list',
    ],
    ['{', 'It is not JSON', 'JSON'],
    [[], 'no list of expectations', 'ExpectationSuite'],
    [{ expectations: [7] }, 'Its type is undefined', 'type'],
    [
      one('expect_column_values_to_be_beetween', { column: 'x' }),
      'does not support expect_column_values_to_be_beetween',
      'expect_column_values_to_be_between',
    ],
    [one('expect_column_kl_divergence_to_be_less_than', { column: 'x' }), 'expect_column_kl_divergence', '.'],
    [one('expect_column_values_to_be_dateutil_parseable', { column: 'x' }), 'dateutil', 'json_parseable'],
    [
      one('expect_column_values_to_not_be_null', { column: 'x', row_condition: 'y > 1' }),
      'row_condition',
      'Leave it out',
    ],
    [one('expect_column_values_to_not_be_null', {}), 'column is missing', 'column'],
    [one('expect_column_values_to_match_regex', { column: 'x', regex: '(?=a)' }), '(?=', 'without'],
    [one('expect_column_values_to_be_between', { column: 'x' }), 'checks nothing', 'end'],
    [one('expect_column_values_to_be_in_set', { column: 'x', value_set: ['a', null] }), 'has null', 'notNull'],
    [
      one('expect_column_mean_to_be_between', { column: 'x', min_value: { $PARAMETER: 'a' } }),
      'suite parameter',
      'value',
    ],
    [
      one('expect_column_values_to_not_be_null', { column: 'x' }, { severity: 'fatal' }),
      'severity is "fatal"',
      'critical',
    ],
    [
      one('expect_compound_columns_to_be_unique', { column_list: ['a', 'b'], ignore_row_if: 'never' }),
      'never',
      'all_values',
    ],
  ])('that cannot be read says where and why: %j', (suite, message, fix) => {
    expect(() => suiteFromGreatExpectations(suite)).toThrow(
      expect.objectContaining({
        code: ErrorCode.InvalidStep,
        message: expect.stringContaining(message),
        fix: expect.stringContaining(fix),
        where: expect.stringContaining('suite'),
      }),
    );
  });

  it('names the place of what it does not support', () => {
    const suite = {
      name: 'flights',
      expectations: [{ type: 'expect_table_row_count_to_equal', kwargs: { value: 1 } }, { type: 'expect_luck' }],
    };
    expect(() => suiteFromGreatExpectations(suite)).toThrow(
      expect.objectContaining({ where: 'suite flights, expectation 1 (expect_luck)' }),
    );
  });

  it.each<[string, Check]>([
    ['references', x.references('airports', 'faa')],
    ['fresh', x.fresh('1 day', '2013-01-01')],
    ['distribution', x.distribution('psi', 0.1)],
    ['rowsRatio', table().rowsRatio(0.9, 1.1)],
    ['parseable', x.parseable('date')],
    ['type', x.type('number')],
  ])('cannot hold the rule %s, and says so', (kind, check) => {
    expect(() => suiteToGreatExpectations([x.notNull(), check], 'flights')).toThrow(
      expect.objectContaining({
        code: ErrorCode.InvalidStep,
        message: expect.stringContaining(kind),
        where: 'suite flights, check 1',
      }),
    );
  });
});
