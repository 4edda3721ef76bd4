import { type Check, expectationOf, type Verdict } from '@sluice/sdk';
import type { MeasuredRows, MeasuredValue } from './compiled.ts';
import { keptShare } from './evidence.ts';
import type { Finding } from './find.ts';
import type { CheckResult, CheckResults, ResultOfRows, ResultOfValue } from './result-shape.ts';
import { mostListed, type Sample } from './samples.ts';

export type { CheckResult, CheckResults, ResultOfRows, ResultOfValue } from './result-shape.ts';

/** The findings, in the order of the checks. `verdict` is that of the whole. */
export function resultsOf(findings: readonly Finding[], rows: number, verdict: Verdict): CheckResults {
  const results = findings.map((finding) => resultOf(finding, rows));
  const kept = results.filter(({ success }) => success === true).length;
  return {
    success: verdict === 'pass',
    results,
    statistics: {
      evaluated_expectations: results.length,
      successful_expectations: kept,
      unsuccessful_expectations: results.length - kept,
      success_percent: results.length === 0 ? null : (100 * kept) / results.length,
    },
    meta: { sluice: { version: 1, verdict, rows } },
  };
}

function resultOf({ check, measured, sample, secret }: Finding, rows: number): CheckResult {
  const base = { expectation_config: configOf(check) };
  const fine = { raised_exception: false, exception_message: null };
  switch (measured.kind) {
    case 'error':
      return {
        ...base,
        success: false,
        result: {},
        exception_info: { raised_exception: true, exception_message: measured.note },
      };
    case 'rows': {
      const kept = keptShare(measured);
      const success = kept === null ? null : kept >= check.share;
      return { ...base, success, result: ofRows(check, measured, sample, secret, rows), exception_info: fine };
    }
    case 'value':
      return { ...base, success: measured.keeps, result: ofValue(measured, secret), exception_info: fine };
  }
}

function configOf(check: Check): CheckResult['expectation_config'] {
  const { rule } = check;
  const { kind, ...asked } = rule;
  const on = 'columns' in check ? { column_list: check.columns } : 'column' in check ? { column: check.column } : {};
  const own = {
    type: `sluice_${kind}`,
    kwargs: { ...on, ...asked, ...(check.share === 1 ? {} : { mostly: check.share }) },
  };
  return { ...(expectationOf(check) ?? own), severity: check.severity === 'warn' ? 'warning' : 'critical' };
}

function ofRows(
  check: Check,
  { n, unexpected, missing }: MeasuredRows,
  sample: Sample | null,
  secret: boolean,
  rows: number,
): ResultOfRows {
  const percent = (part: number, whole: number) => (whole === 0 ? null : (100 * part) / whole);
  const nulls = check.rule.kind === 'notNull';
  return {
    element_count: rows,
    missing_count: nulls ? unexpected : missing,
    missing_percent: percent(nulls ? unexpected : missing, rows),
    unexpected_count: unexpected,
    unexpected_percent: percent(unexpected, n),
    unexpected_percent_total: percent(unexpected, rows),
    unexpected_percent_nonmissing: percent(unexpected, n),
    partial_unexpected_list: secret ? [] : (sample?.firstValues ?? []),
    partial_unexpected_index_list: sample?.rows ?? [],
    partial_unexpected_counts: secret ? [] : (sample?.values.slice(0, mostListed) ?? []),
  };
}

function ofValue({ observed, n, note, personal }: MeasuredValue, secret: boolean): ResultOfValue {
  if (secret && personal === true) return { observed_value: null, element_count: n, details: 'The value is masked.' };
  return { observed_value: observed, element_count: n, ...(note === undefined ? {} : { details: note }) };
}
