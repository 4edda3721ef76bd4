/** One rule on a column, as plain data. A row whose value breaks it is *unexpected*. */
export interface Check {
  readonly column: string;
  readonly rule: Rule;
  /** Share of rows, over 0 and at most 1, that must keep the rule. Nulls do not count, save in `notNull`. */
  readonly share: number;
}

export type Rule =
  | { readonly kind: 'notNull' }
  | { readonly kind: 'unique' }
  | { readonly kind: 'between'; readonly min: number | string | null; readonly max: number | string | null }
  | { readonly kind: 'in'; readonly values: readonly (string | number | boolean)[] }
  | { readonly kind: 'matches'; readonly pattern: string };

/** A check that may be loosened: `column('x').between(0, 1).mostly(0.999)`. */
export interface StrictCheck extends Check {
  mostly(share: number): Check;
}

export interface ColumnChecks {
  /** No row is null. */
  notNull(): StrictCheck;
  /** No two rows have the same value; nulls are left out. */
  unique(): StrictCheck;
  /** Both ends are included; null leaves an end open. */
  between(min: number | string | null, max: number | string | null): StrictCheck;
  in(values: readonly (string | number | boolean)[]): StrictCheck;
  /** RE2 syntax, as DuckDB's `regexp_matches`. */
  matches(pattern: string): StrictCheck;
}

/** Checks on one column of an extract. */
export function column(name: string): ColumnChecks {
  const check = (rule: Rule): StrictCheck => ({
    column: name,
    rule,
    share: 1,
    mostly: (share) => ({ column: name, rule, share }),
  });
  return {
    notNull: () => check({ kind: 'notNull' }),
    unique: () => check({ kind: 'unique' }),
    between: (min, max) => check({ kind: 'between', min, max }),
    in: (values) => check({ kind: 'in', values }),
    matches: (pattern) => check({ kind: 'matches', pattern }),
  };
}
