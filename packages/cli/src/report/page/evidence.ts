import { formatNumber, type Gain, gainScale, type IntervalScale } from '@sluice/ui/shared';
import { intervalChart } from '../charts/interval.ts';
import type { Row } from '../data.ts';
import { type Html, html } from '../html.ts';
import { firstOf } from '../limits.ts';
import { byHarm } from '../rows.ts';
import { numbersOf } from '../words.ts';
import { badge, cell, inline, type PageContext, table } from './parts.ts';

/** Rows up to which all are in sight; of more, slices that pass are behind a fold. */
const IN_SIGHT = 16;
/** Of those, slices in sight that do not pass and do not count. */
const BESIDE = 5;

/** Rows of evidence, what harms most first; differences of one metric share one scale. */
export function evidenceTable(context: PageContext, label: string, rows: readonly Row[]): Html {
  const { first, more } = firstOf(byHarm(rows), context.limits.rows);
  if (more > 0) context.leftOut.push(`${more} rows of ${label}: those that harm least`);
  const shape = shapeOf(rows);
  const hidden = first.length > IN_SIGHT ? quiet(first) : [];
  const sight = first.filter((row) => !hidden.includes(row));
  return html`${sight.length === 0 ? null : rowsTable(context, label, sight, shape)}${
    hidden.length === 0
      ? null
      : html`<details class="fold"><summary>${formatNumber(hidden.length)} more that ${hidden.every(({ verdict }) => verdict === 'pass') ? 'pass' : 'pass or cannot sink the verdict alone'}</summary>${rowsTable(context, `${label}: the others`, hidden, shape)}</details>`
  }${more === 0 ? null : html`<p class="note">${formatNumber(more)} more rows are left out.</p>`}`;
}

/** Slices that need not be seen: those that pass, and of those that do not count all but the worst. */
function quiet(rows: readonly Row[]): Row[] {
  const slices = rows.filter(({ slice }) => slice !== undefined);
  const beside = slices.filter(({ verdict, counts }) => verdict !== 'pass' && !counts);
  return slices.filter((row) => row.verdict === 'pass' || beside.indexOf(row) >= BESIDE);
}

interface Shape {
  readonly compared: boolean;
  /** Columns that have a word in any row. */
  readonly valued: boolean;
  readonly asked: boolean;
  readonly counted: boolean;
  readonly scales: ReadonlyMap<string, IntervalScale | null>;
}

function shapeOf(rows: readonly Row[]): Shape {
  const gains = new Map<string, Gain[]>();
  for (const { metric, gain } of rows) {
    if (gain === null) continue;
    const list = gains.get(metric);
    if (list === undefined) gains.set(metric, [gain]);
    else list.push(gain);
  }
  return {
    compared: rows.some(({ baseline, effect }) => baseline != null || effect != null),
    valued: rows.some(({ value }) => value != null),
    asked: rows.some(({ threshold }) => threshold !== undefined),
    counted: rows.some(({ n }) => n != null),
    scales: new Map([...gains].map(([metric, list]) => [metric, gainScale(list)])),
  };
}

function rowsTable(context: PageContext, label: string, rows: readonly Row[], shape: Shape): Html {
  const { compared, valued, asked, counted, scales } = shape;
  const heads = [
    { label: 'verdict' },
    { label: 'measured' },
    ...(compared ? [{ label: 'old', num: true }] : []),
    ...(compared || valued ? [{ label: compared ? 'new' : 'value', num: true }] : []),
    ...(compared ? [{ label: 'difference', num: true }] : []),
    ...(scales.size > 0 ? [{ label: 'worse ← 0 → better', kind: 'interval-head' }] : []),
    ...(asked ? [{ label: 'asked for' }] : []),
    ...(counted ? [{ label: 'n', num: true }] : []),
  ];
  return table(
    label,
    'evidence',
    heads,
    rows.map((row) => evidenceRow(context, row, shape)),
  );
}

function evidenceRow(context: PageContext, row: Row, { compared, valued, asked, counted, scales }: Shape): Html {
  const name =
    row.slice === undefined
      ? inline(context, row.metric)
      : html`<span class="slice">${inline(context, row.slice)}</span> <span class="muted">${inline(context, row.metric)}</span>`;
  const scale = scales.get(row.metric) ?? null;
  const { gain } = row;
  const numbers = numbersOf(row);
  const drawn = scale !== null && gain !== null;
  const bad = row.counts && (row.verdict === 'fail' || row.verdict === 'error');
  return html`<tr class="${bad ? 'bad-row' : row.counts ? '' : 'aside-row'}">${cell(null, badge(row.verdict))}<th scope="row">${name}${
    row.note === undefined ? null : html`<span class="note">${inline(context, row.note)}</span>`
  }</th>${compared ? cell('old', numbers.old ?? '–', 'num') : null}${compared || valued ? cell(compared ? 'new' : 'value', numbers.new ?? '–', 'num') : null}${
    compared ? cell('difference', difference(numbers), 'num') : null
  }${
    scales.size === 0
      ? null
      : html`<td class="interval-cell ${drawn ? '' : 'none'}">${drawn ? intervalChart(gain, row.verdict, scale) : null}</td>`
  }${asked ? askedFor(context, row.threshold) : null}${counted ? cell('n', row.n == null ? '' : formatNumber(row.n), 'num') : null}</tr>`;
}

function askedFor(context: PageContext, threshold = ''): Html {
  const shown = threshold.replaceAll('-', '−').replaceAll('>=', '≥').replaceAll('<=', '≤');
  return cell('asked for', shown === '' ? null : inline(context, shown), shown.length > 24 ? 'asked long' : 'asked');
}

function difference({ effect, interval }: ReturnType<typeof numbersOf>): Html | string {
  if (effect === null) return '–';
  return html`${effect}${interval === null ? null : html`<span class="note">${interval}</span>`}`;
}
