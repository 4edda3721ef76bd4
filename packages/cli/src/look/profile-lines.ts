import type { ColumnProfile, DatasetProfile } from '@sluice/activities';
import { formatNumber, table } from '../follow/format.ts';

/** A profile out of a report's text; null for a text that is none. */
export function parseProfile(text: string): DatasetProfile | null {
  let value: Partial<DatasetProfile> | null;
  try {
    value = JSON.parse(text) as Partial<DatasetProfile> | null;
  } catch {
    return null;
  }
  const whole = Array.isArray(value?.columns) && typeof value.rows === 'number';
  return whole ? ({ ...value, checks: value?.checks ?? [] } as DatasetProfile) : null;
}

/** The columns of a profile as a table: what a person looks at before anything else. */
export function profileLines({ rows, columns }: Pick<DatasetProfile, 'rows' | 'columns'>, width: number): string[] {
  const names = ['column', 'type', 'nulls', 'distinct', 'min', 'mean', 'max', ''];
  return table([names, ...columns.map((column) => profileRow(column, rows))], { width });
}

function profileRow(column: ColumnProfile, rows: number): string[] {
  const { name, type, nulls, distinct, distinctExact, min, mean, max } = column;
  return [
    name,
    type.length > 24 ? `${type.slice(0, 23)}…` : type,
    share(nulls, rows),
    `${distinctExact === false ? '~' : ''}${formatNumber(distinct)}`,
    endText(min),
    formatNumber(mean),
    endText(max),
    remark(column, rows),
  ];
}

/** The most frequent values, and what no number shows. */
function remark({ top, count, notFinite }: ColumnProfile, rows: number): string {
  const parts: string[] = [];
  const strange =
    notFinite === null || notFinite === undefined ? [] : Object.entries(notFinite).filter(([, n]) => n > 0);
  for (const [what, n] of strange)
    parts.push(`${formatNumber(n)} ${what === 'nan' ? 'NaN' : what === 'infinity' ? '∞' : '-∞'}`);
  const seldom = top?.[0] !== undefined && top[0].count === 1;
  for (const { value, count: times } of seldom ? [] : (top ?? []).slice(0, 3)) {
    parts.push(`${short(value)} ${percent(times, Math.max(1, count ?? rows))}`);
  }
  return parts.join(', ');
}

/** `0`, `12 (3 %)`. */
export function share(part: number, whole: number): string {
  return part === 0 || whole === 0 ? formatNumber(part) : `${formatNumber(part)} (${percent(part, whole)})`;
}

export function percent(part: number, whole: number): string {
  const value = (100 * part) / whole;
  if (part === whole) return '100 %';
  if (value > 99) return `${Math.floor(value * 10) / 10} %`;
  return value > 0 && value < 1 ? '< 1 %' : `${Math.round(value)} %`;
}

/** A number, or a text that is a number too exact for JSON, a date or a word; long words are cut. */
export function endText(value: number | string | null): string {
  if (typeof value !== 'string') return formatNumber(value);
  return /^\d{4}-\d\d-\d\d /.test(value) ? value.replace(/ 00:00:00$/, '').slice(0, 19) : short(value);
}

/** On one line, and not much of it: a value may be a whole document. */
function short(value: string): string {
  const line = value.replaceAll(/\s+/g, ' ').replaceAll(/\p{Cc}/gu, '');
  const letters = [...line];
  return letters.length > 24 ? `${letters.slice(0, 23).join('')}…` : line;
}
