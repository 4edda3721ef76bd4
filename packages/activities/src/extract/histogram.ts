/**
 * How values spread over fixed edges, so that data that comes later can be held against it.
 *
 * `edges` ascend. With k + 1 edges there are k inner bins: `[e0, e1), [e1, e2), … [e(k-1), ek]`, the last one closed.
 * Two equal edges at the end stand for a bin of one value, `[ek, ek]`. `counts` has k + 2 entries: first what lies
 * under `e0`, then the inner bins, then what lies over `ek`. The data the edges were made from has zeros at both ends.
 */
export interface Histogram {
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

/** Most inner bins. */
export const mostBins = 20;
/** Up to this many different values each gets a bin of its own. */
export const mostDistinct = 29;

/** One bin a value, for few different ones in ascending order. */
export function edgesOfValues(values: readonly number[]): number[] {
  const last = values.at(-1);
  return last === undefined ? [] : [...values, last];
}

/** Bins of about equal counts from ascending quantiles, least and greatest value included. */
export function edgesOfQuantiles(quantiles: readonly number[]): number[] {
  const distinct = quantiles.filter((value, index) => index === 0 || value !== quantiles[index - 1]);
  const last = distinct.at(-1);
  if (last === undefined) return [];
  return distinct.length === 1 || quantiles.at(-2) === last ? [...distinct, last] : distinct;
}

/** Counts from how many values are at least each edge but the last; all values lie between the edges. */
export function countsOfAtLeast(atLeast: readonly number[]): number[] {
  return [0, ...atLeast.map((count, index) => count - (atLeast[index + 1] ?? 0)), 0];
}
