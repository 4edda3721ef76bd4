import type { ColumnPart, ColumnReference, DataPart, Histogram, Offending } from '../data.ts';
import { evidenceOf, type Fields, fieldsOf, listOf, numberOf, shownText, textOf, verdictOf } from './json.ts';

/** What is known of the step whose report is read. */
export interface DataStep {
  readonly step: string;
  readonly name: string;
  readonly verdict: unknown;
  readonly digest: string | null;
}

/**
 * A dataset's profile, or the report of a `check`, as it stands in the store.
 *
 * @param reference another profile, and where it comes from
 */
export function dataPart(
  { step, name, verdict, digest }: DataStep,
  stored: unknown,
  reference: { readonly from: string; readonly profile: unknown } | null = null,
): DataPart {
  const report = fieldsOf(stored);
  const other = fieldsOf(reference?.profile);
  const otherColumns = new Map(listOf(other.columns).map((one) => [textOf(fieldsOf(one).name), fieldsOf(one)]));
  const profile = Array.isArray(report.columns) ? report : fieldsOf(report.profile);
  return {
    step,
    name,
    verdict: verdictOf(verdict),
    rows: numberOf(report.rows) ?? numberOf(profile.rows),
    digest,
    checks: evidenceOf(report.checks),
    offending: offendingIn(report.results),
    columns: listOf(profile.columns).map((one) => {
      const column = fieldsOf(one);
      const found = otherColumns.get(textOf(column.name));
      return columnPart(column, found === undefined ? null : referenceOf(found, numberOf(other.rows) ?? 0));
    }),
    reference: reference?.from ?? null,
  };
}

/** Samples of what breaks a rule, from results in the shape of Great Expectations. */
function offendingIn(results: unknown): Offending[] {
  return listOf(fieldsOf(results).results).flatMap((one) => {
    const { success, expectation_config, result } = fieldsOf(one);
    const { partial_unexpected_list, partial_unexpected_index_list, unexpected_count } = fieldsOf(result);
    const rows = listOf(partial_unexpected_index_list);
    const values = listOf(partial_unexpected_list).map((value, i) => ({
      value: shownText(value),
      row: numberOf(rows[i]),
    }));
    if (success === true || values.length === 0) return [];
    const { type, kwargs } = fieldsOf(expectation_config);
    const { column, column_list } = fieldsOf(kwargs);
    const on = textOf(column) ?? listOf(column_list).map(shownText).join(', ');
    const rule = `${on === '' ? '' : `${on}: `}${shownText(type)
      .replace(/^expect_/, '')
      .replaceAll('_', ' ')}`;
    return [{ rule, count: numberOf(unexpected_count), values }];
  });
}

function columnPart(column: Fields, reference: ColumnReference | null): ColumnPart {
  return {
    name: textOf(column.name) ?? '',
    type: textOf(column.type) ?? '',
    count: numberOf(column.count),
    nulls: numberOf(column.nulls),
    distinct: numberOf(column.distinct),
    mean: numberOf(column.mean),
    sd: numberOf(column.sd),
    min: endOf(column.min),
    max: endOf(column.max),
    histogram: histogramOf(column.histogram),
    top: topOf(column.top),
    reference,
  };
}

function referenceOf(column: Fields, rows: number): ColumnReference {
  return {
    rows,
    nulls: numberOf(column.nulls),
    mean: numberOf(column.mean),
    histogram: histogramOf(column.histogram),
    top: topOf(column.top),
  };
}

function endOf(value: unknown): number | string | null {
  return numberOf(value) ?? textOf(value);
}

function histogramOf(value: unknown): Histogram | null {
  const { edges, counts } = fieldsOf(value);
  const numbers = (list: unknown) =>
    listOf(list)
      .map(numberOf)
      .filter((one) => one !== null);
  const [at, of] = [numbers(edges), numbers(counts)];
  return at.length < 2 || of.length !== at.length + 1 ? null : { edges: at, counts: of };
}

function topOf(value: unknown): ColumnPart['top'] {
  if (!Array.isArray(value)) return null;
  return value.map((one) => ({ value: shownText(fieldsOf(one).value), count: numberOf(fieldsOf(one).count) ?? 0 }));
}
