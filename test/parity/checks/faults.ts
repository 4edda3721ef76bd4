/**
 * Faults that are planted in the flights, each with the expectation that is there to find it, in Great Expectations'
 * own words. Both judge the same file.
 */
export interface Fault {
  readonly fault: string;
  /** Changes the table `flights`, whose `id` counts rows from 0 in the order of the file. */
  readonly sql: string;
  readonly type: string;
  readonly kwargs: Readonly<Record<string, unknown>>;
}

/** Makes the table `flights` of a relation of the flights' CSV, with columns for what the flights have none of. */
export const prepared = (flights: string) =>
  `CREATE TABLE flights AS SELECT *, row_number() OVER () - 1 AS id, -(row_number() OVER ()) AS countdown,
     origin AS origin_again, strftime(make_date(year, month, day), '%Y-%m-%d') AS planned, '{"gate": ' || minute || '}' AS meta,
     distance / air_time AS speed, NULL::VARCHAR AS unused FROM ${flights}`;

/** Row `at`, and every `every`-th after it. */
const rows = (every: number, at: number) => `WHERE id % ${every} = ${at}`;
const carriers = [...['9E', 'AA', 'AS', 'B6', 'DL', 'EV', 'F9', 'FL', 'HA', 'MQ', 'OO', 'UA', 'US', 'VX', 'WN', 'YV']];
const set = (column: string, value: string, where: string) => `UPDATE flights SET ${column} = ${value} ${where}`;

/** What a fault before it has done is enough. */
const nothing = 'SELECT 1';

export const faults: readonly Fault[] = [
  {
    fault: 'carriers are missing',
    sql: set('carrier', 'NULL', rows(501, 7)),
    type: 'expect_column_values_to_not_be_null',
    kwargs: { column: 'carrier' },
  },
  {
    fault: 'more tail numbers are missing than may be',
    sql: set('tailnum', 'NULL', rows(90, 8)),
    type: 'expect_column_values_to_not_be_null',
    kwargs: { column: 'tailnum', mostly: 0.99 },
  },
  {
    fault: 'a column that was to stay empty is not',
    sql: set('unused', "'used'", rows(1500, 9)),
    type: 'expect_column_values_to_be_null',
    kwargs: { column: 'unused' },
  },
  {
    fault: 'delays are a placeholder',
    sql: set('dep_delay', '9999', rows(701, 10)),
    type: 'expect_column_values_to_be_between',
    kwargs: { column: 'dep_delay', min_value: -120, max_value: 1500 },
  },
  {
    fault: 'arrivals are earlier than can be',
    sql: set('arr_delay', '-500', rows(702, 11)),
    type: 'expect_column_values_to_be_between',
    kwargs: { column: 'arr_delay', min_value: -120 },
  },
  {
    fault: 'there is a thirteenth month',
    sql: set('month', '13', rows(703, 12)),
    type: 'expect_column_values_to_be_between',
    kwargs: { column: 'month', min_value: 1, max_value: 12 },
  },
  {
    fault: 'days are zero',
    sql: set('day', '0', rows(704, 13)),
    type: 'expect_column_values_to_be_between',
    kwargs: { column: 'day', min_value: 0, strict_min: true, max_value: 32, strict_max: true },
  },
  {
    fault: 'a carrier is unknown',
    sql: set('carrier', "'ZZ'", rows(705, 14)),
    type: 'expect_column_values_to_be_in_set',
    kwargs: { column: 'carrier', value_set: carriers },
  },
  {
    fault: 'an airport has moved away',
    sql: set('origin', "'XXX'", rows(1706, 15)),
    type: 'expect_column_values_to_be_in_set',
    kwargs: { column: 'origin', value_set: ['EWR', 'JFK', 'LGA'], mostly: 0.9995 },
  },
  {
    fault: 'flights end where they began',
    sql: set('dest', "'LGA'", rows(707, 16)),
    type: 'expect_column_values_to_not_be_in_set',
    kwargs: { column: 'dest', value_set: ['JFK', 'LGA'] },
  },
  {
    fault: 'tail numbers are in small letters',
    sql: set('tailnum', 'lower(tailnum)', rows(708, 17)),
    type: 'expect_column_values_to_match_regex',
    kwargs: { column: 'tailnum', regex: '^[A-Z0-9]+$' },
  },
  {
    fault: 'destinations have spaces',
    sql: set('dest', "'B Q'", rows(709, 18)),
    type: 'expect_column_values_to_not_match_regex',
    kwargs: { column: 'dest', regex: '\\s' },
  },
  {
    fault: 'destinations have four letters, one of them with a dot above',
    sql: set('dest', "'KĠRB'", rows(710, 19)),
    type: 'expect_column_value_lengths_to_equal',
    kwargs: { column: 'dest', value: 3 },
  },
  {
    fault: 'tail numbers are too long',
    sql: set('tailnum', "'N123456789'", rows(711, 20)),
    type: 'expect_column_value_lengths_to_be_between',
    kwargs: { column: 'tailnum', min_value: 5, max_value: 6, mostly: 0.9999 },
  },
  {
    fault: 'dates are of another calendar',
    sql: set('planned', "'2013-02-30'", rows(712, 21)),
    type: 'expect_column_values_to_match_strftime_format',
    kwargs: { column: 'planned', strftime_format: '%Y-%m-%d' },
  },
  {
    fault: 'JSON is cut in the middle',
    sql: set('meta', `'{"gate": '`, rows(713, 22)),
    type: 'expect_column_values_to_be_json_parseable',
    kwargs: { column: 'meta' },
  },
  {
    fault: 'origins differ from their copy',
    sql: set('origin_again', "'JFK'", rows(714, 23)),
    type: 'expect_column_pair_values_to_be_equal',
    kwargs: { column_A: 'origin', column_B: 'origin_again' },
  },
  {
    fault: 'flights take longer than they are miles long',
    sql: set('air_time', 'distance + 1', rows(715, 24)),
    type: 'expect_column_pair_values_a_to_be_greater_than_b',
    kwargs: { column_A: 'distance', column_B: 'air_time', ignore_row_if: 'either_value_is_missing' },
  },
  {
    fault: 'scheduled departures are lost where the departure is known',
    sql: set('sched_dep_time', 'NULL', rows(716, 25)),
    type: 'expect_column_pair_values_a_to_be_greater_than_b',
    kwargs: { column_A: 'sched_dep_time', column_B: 'hour', or_equal: true },
  },
  {
    fault: 'flights came twice',
    sql: 'UPDATE flights SET year = o.year, month = o.month, day = o.day, hour = o.hour, carrier = o.carrier, flight = o.flight FROM flights o WHERE o.id = flights.id - 1 AND flights.id % 717 = 26',
    type: 'expect_compound_columns_to_be_unique',
    kwargs: { column_list: ['year', 'month', 'day', 'hour', 'carrier', 'flight'] },
  },
  {
    fault: 'the countdown stands still',
    sql: set('countdown', 'countdown + 1', rows(718, 27)),
    type: 'expect_column_values_to_be_decreasing',
    kwargs: { column: 'countdown', strictly: true },
  },
  {
    fault: 'identifiers come twice',
    sql: set('id', 'id - 1', rows(719, 28)),
    type: 'expect_column_values_to_be_unique',
    kwargs: { column: 'id' },
  },
  {
    fault: 'identifiers fall back',
    sql: set('id', 'id - 5', rows(1720, 29)),
    type: 'expect_column_values_to_be_increasing',
    kwargs: { column: 'id' },
  },
  {
    fault: 'an hour is after the last one',
    sql: set('hour', '25', rows(1721, 30)),
    type: 'expect_column_max_to_be_between',
    kwargs: { column: 'hour', max_value: 23 },
  },
  {
    fault: 'a distance is a mile',
    sql: set('distance', '1', rows(1722, 31)),
    type: 'expect_column_min_to_be_between',
    kwargs: { column: 'distance', min_value: 10 },
  },
  {
    fault: 'the mean delay is moved by the placeholder',
    sql: nothing,
    type: 'expect_column_mean_to_be_between',
    kwargs: { column: 'dep_delay', min_value: 5, max_value: 20 },
  },
  {
    fault: 'delays spread further than they did',
    sql: nothing,
    type: 'expect_column_stdev_to_be_between',
    kwargs: { column: 'dep_delay', min_value: 30, max_value: 50 },
  },
  {
    fault: 'speeds are of another unit',
    sql: set('speed', 'speed * 60', 'WHERE id % 3 > 0'),
    type: 'expect_column_median_to_be_between',
    kwargs: { column: 'speed', min_value: 5, max_value: 10 },
  },
  {
    fault: 'many flights leave at the last minute',
    sql: set('minute', '59', rows(2, 0)),
    type: 'expect_column_quantile_values_to_be_between',
    kwargs: { column: 'minute', quantile_ranges: { quantiles: [0.75], value_ranges: [[40, 50]] } },
  },
  {
    fault: 'an airport too many',
    sql: nothing,
    type: 'expect_column_unique_value_count_to_be_between',
    kwargs: { column: 'origin', min_value: 3, max_value: 3 },
  },
  {
    fault: 'a share of identifiers is not its own',
    sql: nothing,
    type: 'expect_column_proportion_of_unique_values_to_be_between',
    kwargs: { column: 'id', min_value: 1, max_value: 1 },
  },
  {
    fault: 'another minute is the most frequent one',
    sql: nothing,
    type: 'expect_column_most_common_value_to_be_in_set',
    kwargs: { column: 'minute', value_set: [0, 30] },
  },
  {
    fault: 'a column is missing',
    sql: 'ALTER TABLE flights DROP COLUMN time_hour',
    type: 'expect_column_to_exist',
    kwargs: { column: 'time_hour' },
  },
];

/** Expectations that hold, and some of the table: the same both ways. */
export const others: readonly Pick<Fault, 'type' | 'kwargs'>[] = [
  { type: 'expect_column_values_to_not_be_null', kwargs: { column: 'year' } },
  { type: 'expect_column_values_to_not_be_null', kwargs: { column: 'dep_time', mostly: 0.9 } },
  { type: 'expect_column_values_to_be_between', kwargs: { column: 'distance', min_value: 1, max_value: 5000 } },
  { type: 'expect_column_values_to_be_in_set', kwargs: { column: 'year', value_set: [2013] } },
  { type: 'expect_column_values_to_match_regex', kwargs: { column: 'carrier', regex: '[A-Z]' } },
  { type: 'expect_column_values_to_be_increasing', kwargs: { column: 'year' } },
  { type: 'expect_column_values_to_be_increasing', kwargs: { column: 'dep_time', mostly: 0.4 } },
  { type: 'expect_column_values_to_be_decreasing', kwargs: { column: 'countdown' } },
  { type: 'expect_column_values_to_be_unique', kwargs: { column: 'tailnum' } },
  { type: 'expect_column_sum_to_be_between', kwargs: { column: 'day', min_value: 1 } },
  { type: 'expect_column_mean_to_be_between', kwargs: { column: 'air_time', min_value: 100, max_value: 200 } },
  { type: 'expect_column_median_to_be_between', kwargs: { column: 'arr_delay', min_value: -10, max_value: 0 } },
  {
    type: 'expect_column_pair_values_to_be_equal',
    kwargs: { column_A: 'dep_delay', column_B: 'arr_delay', mostly: 0.01 },
  },
  {
    type: 'expect_column_pair_values_to_be_equal',
    kwargs: { column_A: 'dep_delay', column_B: 'arr_delay', ignore_row_if: 'neither' },
  },
  { type: 'expect_column_values_to_be_of_type', kwargs: { column: 'year', type_: 'int64' } },
  { type: 'expect_column_values_to_be_in_type_list', kwargs: { column: 'speed', type_list: ['float64', 'int64'] } },
  { type: 'expect_column_values_to_be_of_type', kwargs: { column: 'hour', type_: 'float64' } },
  { type: 'expect_table_row_count_to_be_between', kwargs: { min_value: 1, max_value: 1_000_000 } },
  { type: 'expect_table_row_count_to_equal', kwargs: { value: 5 } },
  { type: 'expect_table_column_count_to_equal', kwargs: { value: 25 } },
  { type: 'expect_table_columns_to_match_set', kwargs: { column_set: ['year', 'gate'], exact_match: false } },
  { type: 'expect_table_columns_to_match_set', kwargs: { column_set: ['carrier', 'year'], exact_match: false } },
  { type: 'expect_table_columns_to_match_ordered_list', kwargs: { column_list: ['month', 'year'] } },
];
