import type { Evidence } from '@sluice/sdk';
import { formatNumber, harmFirst, type IntervalScale, intervalScale } from '@sluice/ui/shared';
import { intervalChart } from '../charts/interval.ts';
import { type Html, html } from '../html.ts';
import { firstOf } from '../limits.ts';
import { differenceOf } from '../words.ts';
import { badge, cell, inline, type PageContext, table } from './parts.ts';

/** Rows of evidence, what harms most first; differences of one metric share one scale. */
export function evidenceTable(context: PageContext, label: string, rows: readonly Evidence[]): Html {
  const { first, more } = firstOf(harmFirst(rows), context.limits.rows);
  if (more > 0) context.leftOut.push(`${more} rows of ${label}: those that harm least`);
  const scales = new Map<string, IntervalScale | null>();
  for (const { metric } of rows) {
    if (!scales.has(metric)) scales.set(metric, intervalScale(rows.filter((one) => one.metric === metric)));
  }
  const shape: Shape = {
    compared: rows.some(({ baseline, effect }) => baseline != null || effect != null),
    drawn: [...scales.values()].some((scale) => scale !== null),
  };
  const heads = [
    { label: 'verdict' },
    { label: 'measured' },
    ...(shape.compared ? [{ label: 'old', num: true }] : []),
    { label: shape.compared ? 'new' : 'value', num: true },
    ...(shape.compared ? [{ label: 'difference', num: true }] : []),
    ...(shape.drawn ? [{ label: 'worse ← 0 → better', kind: 'interval-head' }] : []),
    { label: 'asked for' },
    { label: 'n', num: true },
  ];
  return html`${table(
    label,
    'evidence',
    heads,
    first.map((row) => evidenceRow(context, row, scales.get(row.metric) ?? null, shape)),
  )}${more === 0 ? null : html`<p class="note">${more} more rows are left out.</p>`}`;
}

interface Shape {
  readonly compared: boolean;
  readonly drawn: boolean;
}

function evidenceRow(context: PageContext, row: Evidence, scale: IntervalScale | null, shape: Shape): Html {
  const name =
    row.slice === undefined
      ? inline(context, row.metric)
      : html`<span class="slice">${inline(context, row.slice)}</span> <span class="muted">${inline(context, row.metric)}</span>`;
  const drawn = scale !== null && row.effect != null;
  return html`<tr class="${row.verdict === 'fail' || row.verdict === 'error' ? 'bad-row' : ''}">${cell(null, badge(row.verdict))}<th scope="row">${name}${
    row.note === undefined ? null : html`<span class="note">${inline(context, row.note)}</span>`
  }</th>${shape.compared ? cell('old', formatNumber(row.baseline), 'num') : null}${cell(shape.compared ? 'new' : 'value', formatNumber(row.value), 'num')}${
    shape.compared ? cell('difference', difference(row), 'num') : null
  }${shape.drawn ? html`<td class="interval-cell ${drawn ? '' : 'none'}">${drawn ? intervalChart(row, scale) : null}</td>` : null}${cell(
    'asked for',
    row.threshold === undefined ? null : inline(context, row.threshold.replaceAll('-', '−')),
    'asked',
  )}${cell('n', row.n == null ? '' : formatNumber(row.n), 'num')}</tr>`;
}

function difference(row: Evidence): Html | string {
  const found = differenceOf(row);
  if (found === null) return '–';
  return html`${found.effect}${found.interval === null ? null : html`<span class="note">${found.interval}</span>`}`;
}
