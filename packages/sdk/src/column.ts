import { type RowCheck, rowCheck, type WholeCheck, wholeCheck } from './checks/chain.ts';
import type {
  Bound,
  Choice,
  ColumnCheck,
  ColumnsCheck,
  Distance,
  Missing,
  Rule,
  Statistic,
  TableCheck,
  TableRule,
  ValueRule,
  WholeRule,
} from './checks/check.ts';
import { type Duration, milliseconds } from './duration.ts';

export type {
  Bound,
  Check,
  Choice,
  ColumnCheck,
  ColumnsCheck,
  ColumnsRule,
  Distance,
  Missing,
  Rule,
  Statistic,
  TableCheck,
  TableRule,
} from './checks/check.ts';
export { isRowRule } from './checks/check.ts';
export { checked } from './checks/checked.ts';

/** Ends that are not part of a range. */
export interface RangeOptions {
  /** Which ends are not part of it. @default neither */
  readonly strict?: 'min' | 'max' | 'both';
}

/** Rows of a pair that do not count. */
export interface PairOptions {
  /** Those with a null in `either` column, those with nulls in `both`, or `none`. @default 'either' */
  readonly missing?: Missing;
}

type Between<Ends> = (min: Ends, max: Ends, options?: RangeOptions) => WholeCheck<ColumnCheck>;

/** What may be asked of a column's values. An end that is null is open. */
export interface ColumnChecks {
  /** No row is null. */
  notNull(): RowCheck<ColumnCheck>;
  /** Every row is null. */
  isNull(): RowCheck<ColumnCheck>;
  /** No two rows have the same value; nulls are left out. */
  unique(): RowCheck<ColumnCheck>;
  /** Both ends are included. Numbers, or texts such as dates (`'2013-01-01'`). */
  between(min: Bound, max: Bound, options?: RangeOptions): RowCheck<ColumnCheck>;
  /** Every value is one of these. */
  in(values: readonly Choice[]): RowCheck<ColumnCheck>;
  /** No value is one of these. */
  notIn(values: readonly Choice[]): RowCheck<ColumnCheck>;
  /** RE2 syntax, as DuckDB's `regexp_matches`: it may match anywhere unless `^` and `$` pin it. */
  matches(pattern: string): RowCheck<ColumnCheck>;
  /** The pattern, as in `matches`, matches nowhere. */
  notMatches(pattern: string): RowCheck<ColumnCheck>;
  /** Characters (code points) of a text. */
  length(min: number | null, max: number | null): RowCheck<ColumnCheck>;
  /** A text that can be read as one; `format` as strptime has it, without one ISO 8601. */
  parseable(as: 'date' | 'timestamp' | 'json', format?: string): RowCheck<ColumnCheck>;
  /** No value is less than the one before it, by the order of rows. `strictly`: nor the same. */
  increasing(options?: { readonly strictly?: boolean }): RowCheck<ColumnCheck>;
  /** No value is greater than the one before it, by the order of rows. `strictly`: nor the same. */
  decreasing(options?: { readonly strictly?: boolean }): RowCheck<ColumnCheck>;
  /** Every value is in a column of another dataset, which the step hands in by this name. */
  references(dataset: string, column: string): RowCheck<ColumnCheck>;
  /** Every value is greater than that of another column in its row. */
  greaterThan(other: string, options?: PairOptions): RowCheck<ColumnsCheck>;
  /** Every value is at least that of another column in its row. */
  atLeast(other: string, options?: PairOptions): RowCheck<ColumnsCheck>;
  /** Every value is that of another column in its row. */
  equals(other: string, options?: PairOptions): RowCheck<ColumnsCheck>;
  /** DuckDB's name of a type (`'DOUBLE'`), or a family: `'number'`, `'integer'`, `'text'`, `'time'`. One of several will do. */
  type(...types: string[]): WholeCheck<ColumnCheck>;
  /** The mean. */
  mean: Between<number | null>;
  /** The median, linearly interpolated. */
  median: Between<number | null>;
  /** The quantile `at` (0 to 1), linearly interpolated. */
  quantile(at: number, min: number | null, max: number | null, options?: RangeOptions): WholeCheck<ColumnCheck>;
  /** Standard deviation of the sample (divisor n - 1). */
  stdev: Between<number | null>;
  /** The sum. */
  sum: Between<number | null>;
  /** The least value. */
  min: Between<Bound>;
  /** The greatest value. */
  max: Between<Bound>;
  /** How many different values, nulls left out. */
  distinctCount: Between<number | null>;
  /** Different values over all that are not null: 0 to 1. */
  distinctShare: Between<number | null>;
  /** The most frequent value is one of these; `ties`: and others may be just as frequent. */
  mostCommonIn(values: readonly Choice[], options?: { readonly ties?: boolean }): WholeCheck<ColumnCheck>;
  /** The newest time not after `at` is at most `within` older. `at`: ISO 8601; make it a parameter of the run. */
  fresh(within: Duration, at: string): WholeCheck<ColumnCheck>;
  /** The distance to the same column of the reference is at most `most`. */
  distribution(by: Distance, most: number): WholeCheck<ColumnCheck>;
}

/**
 * Checks on one column of a dataset: `column('dep_delay').between(-120, 1500).mostly(0.999)`.
 *
 * @throws SluiceError `InvalidStep` for a rule that every row or no row could keep
 */
export function column(name: string): ColumnChecks {
  const where = `column ${name}`;
  const rows = (rule: ValueRule): RowCheck<ColumnCheck> =>
    rowCheck({ column: name, rule: rule as Rule, share: 1 }, where);
  const whole = (rule: WholeRule): WholeCheck<ColumnCheck> =>
    wholeCheck({ column: name, rule: rule as Rule, share: 1 }, where);
  const pair = (other: string, rule: ColumnsCheck['rule']) =>
    rowCheck<ColumnsCheck>({ columns: [name, other], rule, share: 1 }, where);
  const statistic = (of: Statistic) => (min: Bound, max: Bound, options?: RangeOptions) =>
    whole({ kind: 'statistic', of, min, max, ...options });
  return {
    notNull: () => rows({ kind: 'notNull' }),
    isNull: () => rows({ kind: 'null' }),
    unique: () => rows({ kind: 'unique' }),
    between: (min, max, options) => rows({ kind: 'between', min, max, ...options }),
    in: (values) => rows({ kind: 'in', values }),
    notIn: (values) => rows({ kind: 'notIn', values }),
    matches: (pattern) => rows({ kind: 'matches', pattern }),
    notMatches: (pattern) => rows({ kind: 'notMatches', pattern }),
    length: (min, max) => rows({ kind: 'length', min, max }),
    parseable: (as, format) => rows({ kind: 'parseable', as, ...(format === undefined ? {} : { format }) }),
    increasing: (options) => rows({ kind: 'ordered', direction: 'increasing', strictly: options?.strictly === true }),
    decreasing: (options) => rows({ kind: 'ordered', direction: 'decreasing', strictly: options?.strictly === true }),
    references: (dataset, other) => rows({ kind: 'references', dataset, column: other }),
    greaterThan: (other, options) => pair(other, { kind: 'greater', orEqual: false, ...options }),
    atLeast: (other, options) => pair(other, { kind: 'greater', orEqual: true, ...options }),
    equals: (other, options) => pair(other, { kind: 'equal', ...options }),
    type: (...types) => whole({ kind: 'type', types }),
    mean: statistic('mean'),
    median: statistic('median'),
    quantile: (at, min, max, options) => whole({ kind: 'statistic', of: 'quantile', at, min, max, ...options }),
    stdev: statistic('stdev'),
    sum: statistic('sum'),
    min: statistic('min'),
    max: statistic('max'),
    distinctCount: statistic('distinct'),
    distinctShare: statistic('distinctShare'),
    mostCommonIn: (values, options) => whole({ kind: 'mostCommon', values, ...(options?.ties ? { ties: true } : {}) }),
    fresh: (within, at) => whole({ kind: 'fresh', within: milliseconds(within, where, 'within'), at }),
    distribution: (by, most) => whole({ kind: 'distribution', by, most }),
  };
}

/** What may be asked of a table. An end that is null is open. */
export interface TableChecks {
  /** How many rows there are. */
  rows(min: number | null, max: number | null): WholeCheck<TableCheck>;
  /** Rows over those of the reference: `rowsRatio(0.9, 1.5)`. */
  rowsRatio(min: number | null, max: number | null): WholeCheck<TableCheck>;
  /** The columns by name. `others`: there may be more; `order: 'any'`: in any order. */
  columns(names: readonly string[], options?: ColumnsOptions): WholeCheck<TableCheck>;
  /** How many columns there are. */
  columnCount(min: number | null, max: number | null): WholeCheck<TableCheck>;
  /** No two rows have the same values in all of these columns. */
  unique(columns: readonly string[]): RowCheck<ColumnsCheck>;
}

/** How the columns of a table are compared with a list. */
export interface ColumnsOptions {
  /** Whether their order has to be that of the list. @default 'given' */
  readonly order?: 'given' | 'any';
  /** Whether there may be more. @default 'refused' */
  readonly others?: 'allowed' | 'refused';
}

/**
 * Checks on a dataset as a table: `table().rows(1, null)`.
 *
 * @throws SluiceError `InvalidStep` for a rule that cannot work
 */
export function table(): TableChecks {
  const whole = (rule: TableRule) => wholeCheck<TableCheck>({ rule, share: 1 }, 'table');
  return {
    rows: (min, max) => whole({ kind: 'rows', min, max }),
    rowsRatio: (min, max) => whole({ kind: 'rowsRatio', min, max }),
    columns: (names, { order = 'given', others = 'refused' } = {}) =>
      whole({ kind: 'columns', names, ordered: order === 'given', exact: others === 'refused' }),
    columnCount: (min, max) => whole({ kind: 'columnCount', min, max }),
    unique: (columns) => rowCheck<ColumnsCheck>({ columns, rule: { kind: 'unique' }, share: 1 }, 'table'),
  };
}
