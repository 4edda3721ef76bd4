import { invalidStep, shown } from '../../options.ts';
import type { Check, ColumnsRule, Missing, Rule, Statistic, TableRule } from '../check.ts';
import type { Kwargs } from './kwargs.ts';

/** An expectation's arguments as checks, still to be checked themselves. Most expectations are one. */
type Reader = (kwargs: Kwargs, where: string) => Check | readonly Check[];

const rows =
  (rule: (kwargs: Kwargs, where: string) => Rule): Reader =>
  (kwargs, where) => ({
    column: kwargs.need('column'),
    rule: rule(kwargs, where),
    share: kwargs.take<number>('mostly') ?? 1,
  });

const whole =
  (rule: (kwargs: Kwargs, where: string) => Rule): Reader =>
  (kwargs, where) => {
    // Of a type, Great Expectations asks each value.
    kwargs.only('mostly', 1);
    return { column: kwargs.need('column'), rule: rule(kwargs, where), share: 1 };
  };

const table =
  (rule: (kwargs: Kwargs) => TableRule): Reader =>
  (kwargs) => ({ rule: rule(kwargs), share: 1 });

const pair =
  (rule: (kwargs: Kwargs, missing: Missing) => ColumnsRule): Reader =>
  (kwargs, where) => ({
    columns: [kwargs.need('column_A'), kwargs.need('column_B')],
    rule: rule(kwargs, missingOf(kwargs, where)),
    share: kwargs.take<number>('mostly') ?? 1,
  });

const range = (kwargs: Kwargs) => ({
  min: kwargs.take<number>('min_value'),
  max: kwargs.take<number>('max_value'),
  ...strictOf(kwargs),
});

const counts = (kwargs: Kwargs) => {
  const { min, max, strict } = range(kwargs);
  // Of whole numbers, a strict end is the next one.
  return {
    min: min !== null && (strict === 'min' || strict === 'both') ? min + 1 : min,
    max: max !== null && (strict === 'max' || strict === 'both') ? max - 1 : max,
  };
};

const exactly = (kwargs: Kwargs) => {
  const value = kwargs.need<number>('value');
  return { min: value, max: value };
};

function strictOf(kwargs: Kwargs): { strict?: 'min' | 'max' | 'both' } {
  const [min, max] = [kwargs.take('strict_min') === true, kwargs.take('strict_max') === true];
  if (min) return { strict: max ? 'both' : 'min' };
  return max ? { strict: 'max' } : {};
}

const statistic = (of: Statistic): Reader => whole((kwargs) => ({ kind: 'statistic', of, ...range(kwargs) }));

function missingOf(kwargs: Kwargs, where: string): Missing {
  const value = kwargs.take<string>('ignore_row_if') ?? 'both_values_are_missing';
  const found = missing[value];
  if (found !== undefined) return found;
  throw invalidStep(where, `ignore_row_if is ${value}.`, `Use one of ${Object.keys(missing).join(', ')}.`);
}

const missing: Readonly<Record<string, Missing>> = {
  both_values_are_missing: 'both',
  either_value_is_missing: 'either',
  neither: 'none',
};

function quantiles(kwargs: Kwargs, where: string): Check[] {
  const column = kwargs.need<string>('column');
  kwargs.only('allow_relative_error', false, 'linear');
  const ranges = kwargs.need<{ quantiles?: unknown; value_ranges?: unknown }>('quantile_ranges');
  const [places, ends] = [ranges.quantiles, ranges.value_ranges];
  if (!Array.isArray(places) || !Array.isArray(ends) || places.length !== ends.length) {
    throw invalidStep(
      where,
      'quantile_ranges has not as many ranges as quantiles.',
      'Give one range for each quantile.',
    );
  }
  return places.map((at: number, index): Check => {
    const [min = null, max = null] = Array.isArray(ends[index]) ? ends[index] : [];
    return { column, rule: { kind: 'statistic', of: 'quantile', at, min, max }, share: 1 };
  });
}

/** What RE2 does not have of Python's patterns, and before it what only looks like that: an escape, a class. */
const strange = /\\[1-9]|\\[^1-9]|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?(?:[=!>(]|<[=!]|P=)|[*+?}]\+/gs;

function pattern(kwargs: Kwargs, where: string): string {
  const regex = kwargs.need<string>('regex');
  const found = [...String(regex).matchAll(strange)].map(([part]) => part);
  const part = found.find((one) => !/^(?:\[|\\[^1-9])/s.test(one));
  if (part === undefined) return regex;
  throw invalidStep(where, `Its regex has ${part}, which RE2 does not know.`, 'Write it without.');
}

/** Names of Python, pandas and numpy as DuckDB reads such columns. */
const types: ReadonlyMap<unknown, string> = new Map([
  ['bool', 'BOOLEAN'],
  ['boolean', 'BOOLEAN'],
  ['datetime64[ns]', 'TIMESTAMP'],
  ['float', 'DOUBLE'],
  ['float32', 'FLOAT'],
  ['float64', 'DOUBLE'],
  ['int', 'BIGINT'],
  ['int16', 'SMALLINT'],
  ['int32', 'INTEGER'],
  ['int64', 'BIGINT'],
  ['int8', 'TINYINT'],
  ['object', 'VARCHAR'],
  ['object_', 'VARCHAR'],
  ['str', 'VARCHAR'],
]);

/** Several names may mean one type here. */
function typed(names: unknown, where: string): Rule {
  if (!Array.isArray(names)) throw invalidStep(where, `type_list is ${shown(names)}.`, 'Give a list of names.');
  return { kind: 'type', types: [...new Set<string>(names.map((name: string) => types.get(name) ?? name))] };
}

/** What both support, by the expectation's type. */
export const readers: Readonly<Record<string, Reader>> = {
  expect_column_values_to_not_be_null: rows(() => ({ kind: 'notNull' })),
  expect_column_values_to_be_null: rows(() => ({ kind: 'null' })),
  expect_column_values_to_be_unique: rows(() => ({ kind: 'unique' })),
  expect_column_values_to_be_between: rows((kwargs) => ({ kind: 'between', ...range(kwargs) })),
  expect_column_values_to_be_in_set: rows((kwargs) => ({ kind: 'in', values: kwargs.values('value_set') })),
  expect_column_values_to_not_be_in_set: rows((kwargs) => ({ kind: 'notIn', values: kwargs.values('value_set') })),
  expect_column_values_to_match_regex: rows((kwargs, where) => ({ kind: 'matches', pattern: pattern(kwargs, where) })),
  expect_column_values_to_not_match_regex: rows((kwargs, where) => ({
    kind: 'notMatches',
    pattern: pattern(kwargs, where),
  })),
  expect_column_value_lengths_to_be_between: rows((kwargs) => ({ kind: 'length', ...counts(kwargs) })),
  expect_column_value_lengths_to_equal: rows((kwargs) => ({ kind: 'length', ...exactly(kwargs) })),
  expect_column_values_to_be_json_parseable: rows(() => ({ kind: 'parseable', as: 'json' })),
  expect_column_values_to_match_strftime_format: rows((kwargs) => ({
    kind: 'parseable',
    as: 'timestamp',
    format: kwargs.need('strftime_format'),
  })),
  expect_column_values_to_be_increasing: rows((kwargs) => ({
    kind: 'ordered',
    direction: 'increasing',
    strictly: kwargs.take('strictly') === true,
  })),
  expect_column_values_to_be_decreasing: rows((kwargs) => ({
    kind: 'ordered',
    direction: 'decreasing',
    strictly: kwargs.take('strictly') === true,
  })),
  expect_column_type_to_be: whole((kwargs, where) => typed([kwargs.need('type_')], where)),
  expect_column_values_to_be_of_type: whole((kwargs, where) => typed([kwargs.need('type_')], where)),
  expect_column_values_to_be_in_type_list: whole((kwargs, where) => typed(kwargs.need('type_list'), where)),
  expect_column_mean_to_be_between: statistic('mean'),
  expect_column_median_to_be_between: statistic('median'),
  expect_column_stdev_to_be_between: statistic('stdev'),
  expect_column_sum_to_be_between: statistic('sum'),
  expect_column_min_to_be_between: statistic('min'),
  expect_column_max_to_be_between: statistic('max'),
  expect_column_unique_value_count_to_be_between: statistic('distinct'),
  expect_column_proportion_of_unique_values_to_be_between: statistic('distinctShare'),
  expect_column_quantile_values_to_be_between: quantiles,
  expect_column_most_common_value_to_be_in_set: whole((kwargs) => ({
    kind: 'mostCommon',
    values: kwargs.values('value_set'),
    ...(kwargs.take('ties_okay') === true ? { ties: true } : {}),
  })),
  expect_column_pair_values_a_to_be_greater_than_b: pair((kwargs, missing) => ({
    kind: 'greater',
    orEqual: kwargs.take('or_equal') === true,
    missing,
  })),
  expect_column_pair_values_to_be_equal: pair((_, missing) => ({ kind: 'equal', missing })),
  expect_compound_columns_to_be_unique: (kwargs) => {
    kwargs.only('ignore_row_if', 'all_values_are_missing');
    const share = kwargs.take<number>('mostly') ?? 1;
    return { columns: kwargs.need('column_list'), rule: { kind: 'unique' }, share };
  },
  expect_table_row_count_to_be_between: table((kwargs) => ({ kind: 'rows', ...counts(kwargs) })),
  expect_table_row_count_to_equal: table((kwargs) => ({ kind: 'rows', ...exactly(kwargs) })),
  expect_table_column_count_to_be_between: table((kwargs) => ({ kind: 'columnCount', ...counts(kwargs) })),
  expect_table_column_count_to_equal: table((kwargs) => ({ kind: 'columnCount', ...exactly(kwargs) })),
  expect_table_columns_to_match_ordered_list: table((kwargs) => ({
    kind: 'columns',
    names: kwargs.need('column_list'),
    ordered: true,
    exact: true,
  })),
  expect_table_columns_to_match_set: table((kwargs) => ({
    kind: 'columns',
    names: kwargs.need('column_set'),
    ordered: false,
    exact: kwargs.take('exact_match') !== false,
  })),
  expect_column_to_exist: table((kwargs) => ({
    kind: 'columns',
    names: [kwargs.need('column')],
    ordered: false,
    exact: false,
  })),
};
