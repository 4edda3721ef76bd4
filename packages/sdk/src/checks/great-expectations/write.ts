import type { Check, Missing, Rule, Statistic } from '../check.ts';

/** An expectation as Great Expectations 1.x writes it. */
export interface Expectation {
  readonly type: string;
  readonly kwargs: Readonly<Record<string, unknown>>;
}

/** The expectation that asks the same; null where Great Expectations has none. */
export function expectationOf(check: Check): Expectation | null {
  const written = withoutMostly(check);
  if (written === null || check.share === 1) return written;
  return { ...written, kwargs: { ...written.kwargs, mostly: check.share } };
}

function withoutMostly(check: Check): Expectation | null {
  if ('columns' in check) return ofColumns(check);
  if ('column' in check) {
    const found = ofColumn(check.rule);
    return found === null ? null : { type: found.type, kwargs: { column: check.column, ...found.kwargs } };
  }
  return ofTable(check);
}

interface Range {
  readonly min: number | string | null;
  readonly max: number | string | null;
  readonly strict?: 'min' | 'max' | 'both';
}

function range({ min, max, strict }: Range): Record<string, unknown> {
  return {
    ...(min === null ? {} : { min_value: min }),
    ...(max === null ? {} : { max_value: max }),
    ...(strict === 'min' || strict === 'both' ? { strict_min: true } : {}),
    ...(strict === 'max' || strict === 'both' ? { strict_max: true } : {}),
  };
}

const statistics: Readonly<Record<Exclude<Statistic, 'quantile'>, string>> = {
  mean: 'expect_column_mean_to_be_between',
  median: 'expect_column_median_to_be_between',
  stdev: 'expect_column_stdev_to_be_between',
  sum: 'expect_column_sum_to_be_between',
  min: 'expect_column_min_to_be_between',
  max: 'expect_column_max_to_be_between',
  distinct: 'expect_column_unique_value_count_to_be_between',
  distinctShare: 'expect_column_proportion_of_unique_values_to_be_between',
};

function ofColumn(rule: Rule): Expectation | null {
  switch (rule.kind) {
    case 'notNull':
      return { type: 'expect_column_values_to_not_be_null', kwargs: {} };
    case 'null':
      return { type: 'expect_column_values_to_be_null', kwargs: {} };
    case 'unique':
      return { type: 'expect_column_values_to_be_unique', kwargs: {} };
    case 'between':
      return { type: 'expect_column_values_to_be_between', kwargs: range(rule) };
    case 'in':
      return { type: 'expect_column_values_to_be_in_set', kwargs: { value_set: rule.values } };
    case 'notIn':
      return { type: 'expect_column_values_to_not_be_in_set', kwargs: { value_set: rule.values } };
    case 'matches':
      return { type: 'expect_column_values_to_match_regex', kwargs: { regex: rule.pattern } };
    case 'notMatches':
      return { type: 'expect_column_values_to_not_match_regex', kwargs: { regex: rule.pattern } };
    case 'length':
      return { type: 'expect_column_value_lengths_to_be_between', kwargs: range(rule) };
    case 'parseable':
      if (rule.as === 'json') return { type: 'expect_column_values_to_be_json_parseable', kwargs: {} };
      if (rule.format === undefined) return null;
      return { type: 'expect_column_values_to_match_strftime_format', kwargs: { strftime_format: rule.format } };
    case 'ordered': {
      const type = `expect_column_values_to_be_${rule.direction}`;
      return { type, kwargs: rule.strictly ? { strictly: true } : {} };
    }
    case 'type':
      if (rule.types.some(isFamily)) return null;
      return { type: 'expect_column_values_to_be_in_type_list', kwargs: { type_list: rule.types.map(ofDuckDb) } };
    case 'statistic': {
      if (rule.of !== 'quantile') return { type: statistics[rule.of], kwargs: range(rule) };
      if (rule.strict !== undefined) return null;
      const quantile_ranges = { quantiles: [rule.at], value_ranges: [[rule.min, rule.max]] };
      return { type: 'expect_column_quantile_values_to_be_between', kwargs: { quantile_ranges } };
    }
    case 'mostCommon': {
      const ties = rule.ties === true ? { ties_okay: true } : {};
      return { type: 'expect_column_most_common_value_to_be_in_set', kwargs: { value_set: rule.values, ...ties } };
    }
    case 'references':
    case 'fresh':
    case 'distribution':
      return null;
  }
}

/** In capitals, DuckDB's own types of these names are meant. */
const isFamily = (name: string) => /^(number|integer|text|time)$/i.test(name) && !/^(INTEGER|TEXT|TIME)$/.test(name);
/** In small letters, `int8` and its like are read as names of Python's. */
const ofDuckDb = (name: string) => name.toUpperCase();

const ignored: Readonly<Record<Missing, string>> = {
  both: 'both_values_are_missing',
  either: 'either_value_is_missing',
  none: 'neither',
};

function ofColumns({ columns, rule }: Extract<Check, { columns: readonly string[] }>): Expectation {
  if (rule.kind === 'unique') return { type: 'expect_compound_columns_to_be_unique', kwargs: { column_list: columns } };
  const [column_A, column_B] = columns;
  const kwargs = { column_A, column_B, ignore_row_if: ignored[rule.missing ?? 'either'] };
  if (rule.kind === 'equal') return { type: 'expect_column_pair_values_to_be_equal', kwargs };
  const type = 'expect_column_pair_values_a_to_be_greater_than_b';
  return { type, kwargs: { ...kwargs, ...(rule.orEqual ? { or_equal: true } : {}) } };
}

function ofTable({ rule }: Exclude<Check, { column: string } | { columns: readonly string[] }>): Expectation | null {
  switch (rule.kind) {
    case 'rows':
      return { type: 'expect_table_row_count_to_be_between', kwargs: range(rule) };
    case 'columnCount':
      return { type: 'expect_table_column_count_to_be_between', kwargs: range(rule) };
    case 'columns': {
      const { names, ordered, exact } = rule;
      const [only] = names;
      if (ordered && exact)
        return { type: 'expect_table_columns_to_match_ordered_list', kwargs: { column_list: names } };
      if (!exact && names.length === 1) return { type: 'expect_column_to_exist', kwargs: { column: only } };
      if (ordered) return null;
      return { type: 'expect_table_columns_to_match_set', kwargs: { column_set: names, exact_match: exact } };
    }
    case 'rowsRatio':
      return null;
  }
}
