import { formatNumber, formatShare } from '@sluice/ui/shared';
import { histogramChart } from '../charts/histogram.ts';
import type { ColumnPart, DataPart } from '../data.ts';
import { type Html, html } from '../html.ts';
import { firstOf } from '../limits.ts';
import { evidenceTable } from './evidence.ts';
import { anchor, badge, cell, inline, type PageContext, section, table } from './parts.ts';

/** Most frequent values of one column that are shown. */
const TOP = 4;
/** Share of the most frequent value under which none is listed. */
const RARE = 0.01;

/** A dataset: its checks, and how each column's values spread. */
export function dataSection(context: PageContext, part: DataPart): Html {
  const { first, more } = firstOf(part.columns, context.limits.columns);
  if (more > 0) context.leftOut.push(`${more} columns of ${part.step}`);
  const heads = [
    { label: 'column' },
    { label: 'missing', num: true },
    { label: 'distinct', num: true },
    { label: 'mean', num: true },
    { label: 'from – to' },
    { label: 'values', kind: 'values-head' },
  ];
  const columns =
    first.length === 0
      ? null
      : html`<h3>Columns${part.reference === null ? null : html` <span class="muted">the outline: as in ${inline(context, part.reference)}</span>`}</h3>${table(
          `Columns of ${part.step}`,
          'columns',
          heads,
          first.map((column) => columnRow(context, column)),
        )}${more === 0 ? null : html`<p class="note">${formatNumber(more)} more columns are left out.</p>`}`;
  const rows = part.rows === null ? '' : `, ${formatNumber(part.rows)} rows`;
  return section(
    anchor('step', part.step),
    `Data: ${part.step}${rows}`,
    html`${part.checks.length === 0 ? html`<p class="muted">No checks were asked for.</p>` : evidenceTable(context, `Checks of ${part.step}`, part.checks)}${offending(context, part)}${columns}`,
    badge(part.verdict),
  );
}

/** Values of one rule that are shown. */
const VALUES = 8;

function offending(context: PageContext, part: DataPart): Html | null {
  const { first, more } = firstOf(part.offending, context.limits.rows);
  if (first.length === 0) return null;
  if (more > 0) context.leftOut.push(`what breaks ${more} rules of ${part.step}`);
  const rows = first.map(({ rule, count, values: all }) => {
    const shown = all
      .slice(0, VALUES)
      .map(
        ({ value, row }) =>
          html`<li>${inline(context, value)}${row === null ? null : html` <span class="muted">row ${row}</span>`}</li>`,
      );
    return html`<tr><th scope="row">${inline(context, rule)}</th>${cell('rows', count === null ? '' : formatNumber(count), 'num')}<td><ul class="values">${shown}</ul></td></tr>`;
  });
  const heads = [{ label: 'rule' }, { label: 'rows', num: true }, { label: 'some of them' }];
  return html`<h3>What breaks a rule</h3>${table(`What breaks rules of ${part.step}`, 'offending', heads, rows)}`;
}

function columnRow(context: PageContext, column: ColumnPart): Html {
  const all = (column.count ?? 0) + (column.nulls ?? 0);
  const missing = column.nulls === null || all === 0 ? null : column.nulls / all;
  const { reference } = column;
  const was =
    reference === null || reference.nulls === null || reference.rows === 0 ? null : reference.nulls / reference.rows;
  return html`<tr><th scope="row">${inline(context, column.name)} <span class="type">${inline(context, column.type)}</span></th>${cell(
    'missing',
    html`${formatShare(missing)}${was === null || was === missing ? null : html`<span class="note">was ${formatShare(was)}</span>`}`,
    'num',
  )}${cell('distinct', formatNumber(column.distinct), 'num')}${cell(
    'mean',
    column.mean === null
      ? ''
      : html`${end(column.mean)}${reference === null || reference.mean === null || reference.mean === column.mean ? null : html`<span class="note">was ${end(reference.mean)}</span>`}`,
    'num',
  )}${cell('from – to', column.min === null ? '' : inline(context, `${end(column.min)} – ${end(column.max)}`))}<td class="values-cell">${values(context, column)}</td></tr>`;
}

/** Years and times of day are no amounts: up to four digits stand together. */
function end(value: number | string | null): string {
  if (typeof value !== 'number') return value ?? '';
  const shown = Number.isInteger(value) && Math.abs(value) < 10_000 ? String(value) : formatNumber(value);
  return shown.replace('-', '−');
}

function values(context: PageContext, column: ColumnPart): Html | null {
  if (column.histogram !== null)
    return histogramChart(column.name, column.histogram, column.reference?.histogram ?? null);
  if (column.top === null || column.top.length === 0) return null;
  const all = Math.max(1, column.count ?? 0);
  // The most frequent of thousands of names tell nothing.
  if (column.top.length > TOP && (column.top[0]?.count ?? 0) / all < RARE) {
    return html`<span class="muted">each under ${formatShare(RARE)}</span>`;
  }
  const rows = column.reference?.rows ?? 0;
  const before = new Map(column.reference?.top?.map(({ value, count }) => [value, count]));
  return html`<ul class="top-values">${column.top.slice(0, TOP).map(({ value, count }) => {
    const former = before.get(value);
    const [share, was] = [count / all, former === undefined || rows === 0 ? null : former / rows].map(formatShare);
    return html`<li><span class="top-value">${value === '' ? '(empty)' : inline(context, value)}</span><span class="muted num">${share}${former === undefined || rows === 0 || was === share ? '' : ` was ${was}`}</span></li>`;
  })}${column.top.length > TOP ? html`<li class="muted">and ${formatNumber((column.distinct ?? column.top.length) - TOP)} more</li>` : null}</ul>`;
}
