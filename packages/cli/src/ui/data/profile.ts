import type { ColumnProfile, DatasetProfile } from '@sluice/activities';
import { worstFirst } from '@sluice/sdk';
import type { ArtifactView, ColumnView } from '@sluice/ui/api';

/** Columns that are shown at most: a profile has all. */
const MOST_COLUMNS = 1_000;

/** A dataset's profile as the pages show it; null for a text that is none. */
export function profileView(text: string): Pick<ArtifactView, 'rows' | 'columns' | 'checks'> | null {
  const profile = JSON.parse(text) as Partial<DatasetProfile>;
  if (!Array.isArray(profile.columns) || !Array.isArray(profile.checks)) return null;
  return {
    rows: profile.rows ?? null,
    columns: profile.columns.slice(0, MOST_COLUMNS).map(columnView),
    checks: worstFirst(profile.checks),
  };
}

function columnView(column: ColumnProfile): ColumnView {
  const { name, type, nulls, distinct, min, max, mean, sd, histogram, top } = column;
  return {
    name,
    type,
    nulls: nulls ?? null,
    distinct: distinct ?? null,
    min: min ?? null,
    max: max ?? null,
    mean: mean ?? null,
    sd: sd ?? null,
    // What lies outside of the edges is nothing for the data that they were made from.
    histogram: histogram && { edges: histogram.edges, counts: histogram.counts.slice(1, -1) },
    top: top ?? null,
  };
}
