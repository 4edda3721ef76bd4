import type { Json, Verdict } from '@sluice/sdk';

/** What checks said of a dataset, in the shape of a validation result of Great Expectations. */
export interface CheckResults {
  /** Whether the checks that block passed. */
  readonly success: boolean;
  /** In the order of the checks. */
  readonly results: readonly CheckResult[];
  readonly statistics: {
    readonly evaluated_expectations: number;
    readonly successful_expectations: number;
    readonly unsuccessful_expectations: number;
    readonly success_percent: number | null;
  };
  readonly meta: { readonly sluice: { readonly version: 1; readonly verdict: Verdict; readonly rows: number } };
}

export interface CheckResult {
  /** Null where there was nothing to judge. */
  readonly success: boolean | null;
  readonly expectation_config: {
    /** That of Great Expectations, or `sluice_` and the rule's kind where it has none. */
    readonly type: string;
    readonly kwargs: Readonly<Record<string, unknown>>;
    readonly severity: 'critical' | 'warning';
  };
  /** Empty where the check could not be judged. */
  readonly result: ResultOfRows | ResultOfValue | Record<string, never>;
  readonly exception_info: { readonly raised_exception: boolean; readonly exception_message: string | null };
}

/** Of a rule that each row keeps or breaks. Percentages are 0 to 100. */
export interface ResultOfRows {
  readonly element_count: number;
  readonly missing_count: number;
  readonly missing_percent: number | null;
  readonly unexpected_count: number;
  readonly unexpected_percent: number | null;
  readonly unexpected_percent_total: number | null;
  readonly unexpected_percent_nonmissing: number | null;
  /** Of the first rows that break the rule: their values as text, cut to 60 characters. Empty for a masked column. */
  readonly partial_unexpected_list: readonly Json[];
  /** The numbers of these rows, from 0. */
  readonly partial_unexpected_index_list: readonly number[];
  /** The most frequent values. Empty for a masked column. */
  readonly partial_unexpected_counts: readonly { readonly value: string; readonly count: number }[];
}

/** Of a rule about all values together. */
export interface ResultOfValue {
  readonly observed_value: Json;
  readonly element_count: number | null;
  readonly details?: string;
}
