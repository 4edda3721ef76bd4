import type { Column, Json } from '@sluice/sdk';
import { mostDistinct } from '../extract/histogram.ts';
import { type ColumnProfile, mostShown } from '../extract/profile.ts';
import { identifier, literal } from '../extract/sql-text.ts';
import { isFloating } from './column-types.ts';
import { CannotJudge } from './compiled.ts';
import type { Span } from './distances.ts';

/** Bins that a reference has fixed, and how to count a column into them. */
export interface Bins {
  readonly asks: readonly string[];
  /** Counts of the reference, one a bin. */
  readonly reference: readonly number[];
  /** Counts of the data from the answers, one a bin. */
  counts(answers: readonly Json[]): number[];
  readonly name: string;
}

/** The frozen bins of a profile, what lies under and over them, and NaN. */
export function numberBins({ name, type }: Column, { histogram, notFinite, distinct }: ColumnProfile): Bins {
  const edges = histogram?.edges ?? [];
  const first = edges[0];
  const last = edges.at(-1);
  if (histogram === null || first === undefined || last === undefined) {
    throw new CannotJudge("The reference's profile has no histogram of this column.");
  }
  const v = `${identifier(name)}::DOUBLE`;
  const number = isFloating(type) ? ` AND NOT isnan(${identifier(name)})` : '';
  const inner = edges.slice(0, -1);
  const filters = [
    ...inner.map((edge) => `${v} >= ${edge}::DOUBLE${number}`),
    `${v} > ${last}::DOUBLE${number}`,
    isFloating(type) ? `isnan(${identifier(name)})` : 'false',
    `${v} < ${first}::DOUBLE`,
  ];
  const strange = notFinite ?? { nan: 0, infinity: 0, negativeInfinity: 0 };
  const counts = [...histogram.counts];
  counts[0] = (counts[0] ?? 0) + strange.negativeInfinity;
  counts[counts.length - 1] = (counts.at(-1) ?? 0) + strange.infinity;
  const what =
    distinct <= mostDistinct
      ? `one bin for each of its ${inner.length} values`
      : `${inner.length} bins of about equal counts`;
  return {
    asks: filters.map((filter) => `count(*) FILTER (${filter})`),
    reference: [...counts, strange.nan],
    counts: (answers) => {
      const found = answers.slice(0, filters.length).map(Number);
      const [over = 0, nan = 0, under = 0] = found.slice(inner.length);
      const atLeast = [...found.slice(0, inner.length), over];
      const binned = inner.map((_, bin) => (atLeast[bin] ?? 0) - (atLeast[bin + 1] ?? 0));
      return [under, ...binned, over, nan];
    },
    name: `${what} of the reference, with what lies outside`,
  };
}

/** Where the mass of each bin but the last lies; outside of the edges, as far as the data goes. */
export function spansOf({ histogram, distinct }: ColumnProfile, low = 0, high = 0): Span[] {
  const edges = histogram?.edges ?? [];
  const [first = 0, last = 0] = [edges[0], edges.at(-1)];
  const points = distinct <= mostDistinct;
  const inner = edges.slice(0, -1).map((from, bin) => ({ from, to: points ? from : (edges[bin + 1] ?? from) }));
  const under = { from: Math.min(low, first), to: first };
  return [under, ...inner, { from: last, to: Math.max(high, last) }];
}

/** The reference's most frequent values, and all others; a value that the profile has cut is one of those. */
export function wordBins({ name, type }: Column, { top, count }: ColumnProfile): Bins {
  if (top === null || top.length === 0) {
    throw new CannotJudge(`The reference's profile has no values of this column, whose type is ${type}.`);
  }
  const whole = top.filter(({ value }) => [...value].length < mostShown);
  if (whole.length === 0) {
    throw new CannotJudge(
      `The reference's most frequent values have ${mostShown} characters or more: they make no bins.`,
    );
  }
  const text = `${identifier(name)}::VARCHAR`;
  const known = whole.map(({ value }) => literal(value));
  const listed = whole.reduce((sum, one) => sum + one.count, 0);
  return {
    asks: [
      ...known.map((value) => `count(*) FILTER (${text} = ${value})`),
      `count(*) FILTER (${text} NOT IN (${known.join(', ')}))`,
    ],
    reference: [...whole.map((one) => one.count), Math.max(0, count - listed)],
    counts: (answers) => answers.slice(0, whole.length + 1).map(Number),
    name: `one bin for each of the ${whole.length} most frequent values of the reference, and one for the others`,
  };
}
