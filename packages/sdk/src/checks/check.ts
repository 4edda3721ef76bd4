/** One rule on a dataset, as plain data: on one column, on several together, or on the table. */
export type Check = ColumnCheck | ColumnsCheck | TableCheck;

/** What every check says besides its rule. */
interface Asked {
  /**
   * Share of rows, over 0 and at most 1, that must keep the rule. Nulls do not count, save in `notNull` and `null`.
   * 1 where a rule asks about all values together, such as a mean.
   */
  readonly share: number;
  /** `warn`: it shows, and does not fail the gate. Left out, it blocks. */
  readonly severity?: 'warn';
  /** No value of its column is shown anywhere: personal data. */
  readonly mask?: true;
}

/** A {@link Rule} on one column. A row whose value breaks it is *unexpected*. */
export interface ColumnCheck extends Asked {
  readonly column: string;
  readonly rule: Rule;
}

/** A {@link ColumnsRule} on several columns of a row. */
export interface ColumnsCheck extends Asked {
  /** Two of a pair, two or more of `unique`. */
  readonly columns: readonly string[];
  readonly rule: ColumnsRule;
}

/** A {@link TableRule}. */
export interface TableCheck extends Asked {
  readonly rule: TableRule;
}

/** An end of a range; null leaves it open. Texts are for columns of texts and of times: `'2013-01-01'`. */
export type Bound = number | string | null;

/** What values are compared with. */
export type Choice = string | number | boolean;

/** What a check asks of every value of a column. */
export type ValueRule =
  | { readonly kind: 'notNull' }
  | { readonly kind: 'null' }
  | { readonly kind: 'unique' }
  | {
      readonly kind: 'between';
      readonly min: Bound;
      readonly max: Bound;
      /** Ends that are not part of the range. */
      readonly strict?: 'min' | 'max' | 'both';
    }
  | { readonly kind: 'in'; readonly values: readonly Choice[] }
  | { readonly kind: 'notIn'; readonly values: readonly Choice[] }
  | { readonly kind: 'matches'; readonly pattern: string }
  | { readonly kind: 'notMatches'; readonly pattern: string }
  /** Characters of a text. */
  | { readonly kind: 'length'; readonly min: number | null; readonly max: number | null }
  /** `format` as strptime has it; without one, what DuckDB casts: ISO 8601. */
  | { readonly kind: 'parseable'; readonly as: 'date' | 'timestamp' | 'json'; readonly format?: string }
  /** By the order of rows in the file; nulls are passed over. */
  | { readonly kind: 'ordered'; readonly direction: 'increasing' | 'decreasing'; readonly strictly: boolean }
  /** Every value is one of a column of another dataset, by the name it was handed in under. */
  | { readonly kind: 'references'; readonly dataset: string; readonly column: string };

/** A number that all values of a column have together. */
export type Statistic = 'mean' | 'median' | 'quantile' | 'stdev' | 'sum' | 'min' | 'max' | 'distinct' | 'distinctShare';

/** How two distributions are held against each other. */
export type Distance = 'ks' | 'psi' | 'js' | 'wasserstein';

/** What a check asks of a column as a whole. */
export type WholeRule =
  /** One of DuckDB's type names, or a family: `number`, `integer`, `text`, `time`. */
  | { readonly kind: 'type'; readonly types: readonly string[] }
  | {
      readonly kind: 'statistic';
      readonly of: Statistic;
      /** Of a quantile: 0 to 1. */
      readonly at?: number;
      readonly min: Bound;
      readonly max: Bound;
      readonly strict?: 'min' | 'max' | 'both';
    }
  /** `ties`: another value may be just as frequent. */
  | { readonly kind: 'mostCommon'; readonly values: readonly Choice[]; readonly ties?: true }
  /** The newest time that is not after `at` (ISO 8601, UTC) is at most `within` milliseconds older. */
  | { readonly kind: 'fresh'; readonly within: number; readonly at: string }
  /** The distance to the reference is at most `most`. */
  | { readonly kind: 'distribution'; readonly by: Distance; readonly most: number };

/** What a {@link ColumnCheck} asks. */
export type Rule = ValueRule | WholeRule;

/** Rows of a pair that do not count: those with a null in `either` (the default), those with nulls in `both`, or `none`. */
export type Missing = 'either' | 'both' | 'none';

/** What a {@link ColumnsCheck} asks of a row. */
export type ColumnsRule =
  | { readonly kind: 'greater'; readonly orEqual: boolean; readonly missing?: Missing }
  | { readonly kind: 'equal'; readonly missing?: Missing }
  /** No two rows have the same values; nulls are equal here, and rows of nulls only do not count. */
  | { readonly kind: 'unique' };

/** What a {@link TableCheck} asks. */
export type TableRule =
  | { readonly kind: 'rows'; readonly min: number | null; readonly max: number | null }
  /** Rows over those of the reference. */
  | { readonly kind: 'rowsRatio'; readonly min: number | null; readonly max: number | null }
  /** `ordered`: in this order. `exact`: and no others. */
  | { readonly kind: 'columns'; readonly names: readonly string[]; readonly ordered: boolean; readonly exact: boolean }
  | { readonly kind: 'columnCount'; readonly min: number | null; readonly max: number | null };

/** Whether a rule is one that each row keeps or breaks, so that `mostly` makes sense. */
export function isRowRule(rule: Check['rule']): rule is ValueRule | ColumnsRule {
  return rowRules.has(rule.kind);
}

const rowRules: ReadonlySet<string> = new Set<(ValueRule | ColumnsRule)['kind']>([
  ...(['notNull', 'null', 'unique', 'between', 'in', 'notIn', 'matches', 'notMatches', 'length'] as const),
  ...(['parseable', 'ordered', 'references', 'greater', 'equal'] as const),
]);
