import type { Check } from '@sluice/sdk';
import type { ColumnProfile } from '../extract/profile.ts';

/** The columns that a check is about; none for the table. */
export function columnsOf(check: Check): readonly string[] {
  if ('columns' in check) return check.columns;
  return 'column' in check ? [check.column] : [];
}

/** A column that one check masks is masked in all of them. */
export function maskedColumns(checks: readonly Check[]): ReadonlySet<string> {
  return new Set(checks.filter(({ mask }) => mask === true).flatMap(columnsOf));
}

/** The profile of a column without what shows a value of a row: counts, mean and deviation are left. */
export function withoutValues(profile: ColumnProfile): ColumnProfile {
  return {
    ...profile,
    min: null,
    max: null,
    quantiles: null,
    quantileRows: null,
    histogram: null,
    top: null,
    examples: [],
  };
}
