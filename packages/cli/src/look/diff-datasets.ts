import type { ColumnProfile, DatasetProfile } from '@sluice/activities';
import { formatNumber, table } from '../follow/format.ts';
import { driftOf } from './drift.ts';
import { endText, percent } from './profile-lines.ts';

/** How one column of two datasets differs. */
export interface ColumnDiff {
  readonly column: string;
  readonly change: 'added' | 'removed' | 'type' | 'values' | 'same';
  readonly types: readonly [string | null, string | null];
  /** From 0 to 1; null where the profiles do not tell. */
  readonly drift: number | null;
  readonly nulls: readonly [number | null, number | null];
  readonly mean: readonly [number | null, number | null];
}

/** Columns that moved most first; then those that one of the two lacks, then those that are the same. */
export function diffColumns(a: DatasetProfile, b: DatasetProfile): ColumnDiff[] {
  const [left, right] = [byName(a), byName(b)];
  const names = [...new Set([...left.keys(), ...right.keys()])];
  const all = names.map((name) => columnDiff(name, left.get(name), right.get(name)));
  const rank = { added: 0, removed: 0, type: 0, values: 1, same: 2 };
  return all.sort((x, y) => rank[x.change] - rank[y.change] || (y.drift ?? 0) - (x.drift ?? 0));
}

function columnDiff(column: string, a: ColumnProfile | undefined, b: ColumnProfile | undefined): ColumnDiff {
  const drift = a && b ? driftOf(a, b) : null;
  const told = (one: ColumnProfile | undefined) =>
    one && JSON.stringify([one.nulls, one.distinct, one.min, one.max, one.mean, one.sd, one.histogram, one.top]);
  const change = !a ? 'added' : !b ? 'removed' : a.type !== b.type ? 'type' : told(a) === told(b) ? 'same' : 'values';
  return {
    column,
    change,
    types: [a?.type ?? null, b?.type ?? null],
    drift,
    nulls: [a?.nulls ?? null, b?.nulls ?? null],
    mean: [a?.mean ?? null, b?.mean ?? null],
  };
}

/** Rows, schema and values of two datasets against each other. */
export function datasetDiffLines(a: DatasetProfile, b: DatasetProfile, width: number): string[] {
  const columns = diffColumns(a, b);
  const lines = [`rows     ${formatNumber(a.rows)} → ${formatNumber(b.rows)}${growth(a.rows, b.rows)}`];
  const schema = columns.filter(({ change }) => change === 'added' || change === 'removed' || change === 'type');
  lines.push(`columns  ${a.columns.length} → ${b.columns.length}${schema.length === 0 ? ', the same schema' : ''}`);
  for (const { column, change, types } of schema) {
    lines.push(
      `  ${change === 'type' ? `${column}: ${types[0]} → ${types[1]}` : `${column}: ${change} (${types[0] ?? types[1]})`}`,
    );
  }
  const [left, right] = [byName(a), byName(b)];
  const moved = columns.filter(({ change, column }) => change !== 'same' && left.has(column) && right.has(column));
  const rows = moved.map(({ column, drift }) => {
    const [x, y] = [left.get(column), right.get(column)];
    return x === undefined || y === undefined ? [column] : movedRow(x, y, drift, a.rows, b.rows);
  });
  const names = ['column', 'drift', 'nulls', 'mean', 'min', 'max', 'distinct'];
  if (rows.length > 0) lines.push('', ...table([names, ...rows], { width }));
  const same = columns.length - moved.length - schema.filter(({ change }) => change !== 'type').length;
  if (same > 0) lines.push(`${same} ${same === 1 ? 'column has' : 'columns have'} the same profile.`);
  return lines;
}

function movedRow(a: ColumnProfile, b: ColumnProfile, drift: number | null, rowsA: number, rowsB: number): string[] {
  const shares = [a.nulls, b.nulls].map((nulls, index) => percent(nulls, Math.max(1, index === 0 ? rowsA : rowsB)));
  return [
    a.name,
    drift === null ? '' : drift.toFixed(2),
    arrow(shares[0] ?? '', shares[1] ?? ''),
    arrow(formatNumber(a.mean), formatNumber(b.mean)),
    arrow(endText(a.min), endText(b.min)),
    arrow(endText(a.max), endText(b.max)),
    arrow(formatNumber(a.distinct), formatNumber(b.distinct)),
  ];
}

/** One text where both are the same. */
export function arrow(from: string, to: string): string {
  return from === to ? from : `${from || '–'} → ${to || '–'}`;
}

function growth(a: number, b: number): string {
  if (a === b || a === 0) return '';
  const change = (100 * (b - a)) / a;
  return ` (${change > 0 ? '+' : ''}${Number(change.toPrecision(2))} %)`;
}

function byName({ columns }: DatasetProfile): Map<string, ColumnProfile> {
  return new Map(columns.map((column) => [column.name, column]));
}
