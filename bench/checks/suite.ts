/** Ten expectations that hold on the flights, as people have them. */
export const suite = {
  name: 'flights',
  expectations: [
    { type: 'expect_table_row_count_to_be_between', kwargs: { min_value: 100_000 } },
    { type: 'expect_column_values_to_not_be_null', kwargs: { column: 'carrier' } },
    { type: 'expect_column_values_to_not_be_null', kwargs: { column: 'tailnum', mostly: 0.99 } },
    { type: 'expect_column_values_to_be_between', kwargs: { column: 'dep_delay', min_value: -120, max_value: 1500 } },
    { type: 'expect_column_values_to_be_between', kwargs: { column: 'month', min_value: 1, max_value: 12 } },
    { type: 'expect_column_values_to_be_in_set', kwargs: { column: 'origin', value_set: ['EWR', 'JFK', 'LGA'] } },
    { type: 'expect_column_values_to_match_regex', kwargs: { column: 'tailnum', regex: '^[A-Z0-9]+$' } },
    { type: 'expect_column_value_lengths_to_equal', kwargs: { column: 'dest', value: 3 } },
    { type: 'expect_column_mean_to_be_between', kwargs: { column: 'dep_delay', min_value: 5, max_value: 20 } },
    { type: 'expect_column_unique_value_count_to_be_between', kwargs: { column: 'carrier', max_value: 20 } },
  ],
} as const;

/** The columns that they name. */
export const columnsOfSuite: readonly string[] = [
  ...new Set(suite.expectations.flatMap(({ kwargs }) => ('column' in kwargs ? [kwargs.column] : []))),
];
