import type { Column, Json } from '@sluice/sdk';
import type { DatasetProfile } from '../extract/profile.ts';
import type { Source } from './source.ts';

export type { Source } from './source.ts';

/** What a check is held against besides its own dataset. */
export interface Beside {
  /** The dataset of `rowsRatio` and `distribution`: rows, a profile, or both. With rows, distances are exact. */
  readonly reference?: Reference | undefined;
  /** Datasets of `references`, by name. */
  readonly others?: Readonly<Record<string, Other>> | undefined;
}

export interface Other {
  readonly source: Source;
  readonly columns: readonly Column[];
}

export interface Reference {
  readonly data?: Other | undefined;
  readonly profile?: Pick<DatasetProfile, 'rows' | 'columns'> | undefined;
}

/** A check as questions to a relation: checks of one relation share a scan. */
export interface Compiled {
  /** Relation in SQL; null where nothing has to be read. */
  readonly from: string | null;
  /** Aggregates over it. */
  readonly asks: readonly string[];
  /** What their answers mean. */
  measure(answers: readonly Json[]): Measured;
  /** Where the rows that break the rule are found; null where no single row does. */
  readonly offenders: Offenders | null;
}

export interface Offenders {
  /** Relation with one row for each row of the data. */
  readonly from: string;
  /** True of a row that breaks the rule. */
  readonly broken: string;
  /** The value to show; null where there is none but null. */
  readonly value: string | null;
  /** Whether `from` has `file_row_number`. */
  readonly numbered: boolean;
}

export type Measured = MeasuredRows | MeasuredValue;

export interface MeasuredRows {
  readonly kind: 'rows';
  /** Rows that were judged, and those that were not because of nulls. */
  readonly n: number;
  readonly missing: number;
  readonly unexpected: number;
}

export interface MeasuredValue {
  readonly kind: 'value';
  readonly n: number | null;
  /** A number that evidence can hold; null where it is another thing, or none. */
  readonly value: number | null;
  /** The same for people and Great Expectations' `observed_value`. */
  readonly observed: Json;
  /** Null where there was nothing to judge. */
  readonly keeps: boolean | null;
  readonly baseline?: number | null;
  readonly note?: string;
  /** Whether `observed` and `note` show a value of a row. */
  readonly personal?: boolean;
}

/** A check that cannot be judged on this data, with the sentence that says why. */
export class CannotJudge extends Error {
  override readonly name = 'CannotJudge';
}
