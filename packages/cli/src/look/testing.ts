import type { ColumnProfile, DatasetProfile } from '@sluice/activities';
import { countsOfAtLeast, edgesOfQuantiles } from '../../../activities/src/extract/histogram.ts';

/** Profile of a column of numbers, with the histogram that an extract would make of them. */
export function numbers(name: string, values: readonly number[], more: Partial<ColumnProfile> = {}): ColumnProfile {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  const edges = edgesOfQuantiles(Array.from({ length: 21 }, (_, index) => at(index / 20)));
  const atLeast = edges.slice(0, -1).map((edge, index, all) => {
    const bin = all[index - 1] === edge ? (value: number) => value > edge : (value: number) => value >= edge;
    return sorted.filter(bin).length;
  });
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    ...column(name, 'DOUBLE', 'number', values.length),
    distinct: new Set(values).size,
    min: sorted[0] ?? null,
    max: sorted.at(-1) ?? null,
    mean,
    histogram: { edges, counts: countsOfAtLeast(atLeast) },
    ...more,
  };
}

/** Profile of a column of words that occur so often. */
export function words(name: string, counts: Readonly<Record<string, number>>): ColumnProfile {
  const top = Object.entries(counts).map(([value, count]) => ({ value, count }));
  top.sort((a, b) => b.count - a.count);
  const count = top.reduce((sum, one) => sum + one.count, 0);
  return {
    ...column(name, 'VARCHAR', 'text', count),
    distinct: top.length,
    min: Object.keys(counts).sort()[0] ?? null,
    max: Object.keys(counts).sort().at(-1) ?? null,
    top: top.slice(0, 20),
  };
}

export function profile(rows: number, columns: readonly ColumnProfile[]): DatasetProfile {
  return { version: 1, rows, columns, checks: [] };
}

function column(name: string, type: string, kind: ColumnProfile['kind'], count: number): ColumnProfile {
  return {
    name,
    type,
    kind,
    count,
    nulls: 0,
    distinct: count,
    distinctExact: true,
    min: null,
    max: null,
    notFinite: null,
    mean: null,
    sd: null,
    quantiles: null,
    quantileRows: null,
    histogram: null,
    top: null,
    examples: [],
  };
}
