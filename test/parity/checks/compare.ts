import type { CheckResult, CheckResults } from '@sluice/activities';

/** What Great Expectations said of one expectation, as `bench/checks/gx_checks.py` prints it. */
export interface Told {
  readonly type: string;
  readonly success: boolean;
  readonly element_count?: number;
  readonly missing_count?: number;
  readonly unexpected_count?: number;
  readonly partial_unexpected_index_list?: readonly number[];
  readonly observed_value?: unknown;
  readonly exception?: string;
}

/** What differs, one sentence each: verdicts, counts, numbers of rows and observed numbers. */
export function differences(told: readonly Told[], { results }: CheckResults): string[] {
  if (told.length !== results.length) return [`${told.length} results against ${results.length}`];
  return told.flatMap((one, index) => {
    const ours = results[index];
    if (ours === undefined) return [];
    const about = `${one.type} ${JSON.stringify(ours.expectation_config.kwargs)}`;
    return differ(one, ours).map(
      ([what, a, b]) => `${about}: ${what} ${JSON.stringify(a)} there, ${JSON.stringify(b)} here`,
    );
  });
}

type Difference = readonly [what: string, there: unknown, here: unknown];

function differ(one: Told, ours: CheckResult): Difference[] {
  const found: Difference[] = [];
  const compare = (what: string, there: unknown, here: unknown) => {
    if (there !== undefined && JSON.stringify(there) !== JSON.stringify(here)) found.push([what, there, here]);
  };
  compare('raised', one.exception !== undefined, ours.exception_info.raised_exception);
  compare('success', one.success, ours.success);
  const result = ours.result;
  if ('unexpected_count' in result) {
    compare('unexpected_count', one.unexpected_count, result.unexpected_count);
    compare('element_count', one.element_count, result.element_count);
    compare('missing_count', one.missing_count, result.missing_count);
    compare('rows', one.partial_unexpected_index_list?.slice(0, 20), result.partial_unexpected_index_list);
  } else if ('observed_value' in result) {
    const [there, here] = [numberOf(one.observed_value), numberOf(result.observed_value)];
    if (there !== null && here !== null && !near(there, here)) found.push(['observed', there, here]);
  }
  return found;
}

const near = (a: number, b: number) => Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));

/** The number that was observed; null for types, and for lists of columns. */
function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return value;
  const [only] = Array.isArray(value) ? value : ((value as { values?: unknown[] } | null)?.values ?? []);
  return typeof only === 'number' ? only : null;
}
