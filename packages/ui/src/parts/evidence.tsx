import type { Evidence } from '@sluice/sdk';
import { useState } from 'preact/hooks';
import { IntervalBar } from '../charts/interval-bar.tsx';
import { type IntervalScale, intervalScale } from '../charts/interval-scale.ts';
import { formatNumber, formatSigned } from '../format.ts';
import { harmFirst } from './harm.ts';
import { Badge } from './state.tsx';
import { Cell, Table } from './table.tsx';

const ROWS_SHOWN = 7;

/** The rows behind a verdict, what harms most first; differences of one metric share one scale. */
export function EvidenceTable({
  rows,
  label,
  all = false,
}: {
  rows: readonly Evidence[];
  label: string;
  all?: boolean;
}) {
  const [more, setMore] = useState(all);
  const sorted = harmFirst(rows);
  const shown = more ? sorted : sorted.slice(0, ROWS_SHOWN);
  const scales = new Map<string, IntervalScale | null>();
  for (const { metric } of rows) {
    if (!scales.has(metric)) scales.set(metric, intervalScale(rows.filter((one) => one.metric === metric)));
  }
  const gains = [...scales.values()].some((scale) => scale !== null);
  const compared = rows.some(({ baseline, effect }) => baseline != null || effect != null);
  const heads = [
    { label: 'verdict' },
    { label: 'measured' },
    { label: 'value', num: true },
    ...(compared
      ? [
          { label: 'baseline', num: true },
          { label: 'difference', num: true },
        ]
      : []),
    ...(gains ? [{ label: 'worse ← 0 → better', class: 'interval-head' }] : []),
    { label: 'asked for' },
    { label: 'n', num: true },
  ];
  return (
    <>
      <Table label={label} heads={heads} kind="evidence">
        {shown.map((row, i) => (
          <Row
            key={`${row.metric}/${row.slice ?? ''}/${i}`}
            row={row}
            scale={scales.get(row.metric) ?? null}
            compared={compared}
            gains={gains}
          />
        ))}
      </Table>
      {shown.length < sorted.length ? (
        <button type="button" class="link" onClick={() => setMore(true)}>
          show {sorted.length - shown.length} more rows
        </button>
      ) : null}
    </>
  );
}

function Row({
  row,
  scale,
  compared,
  gains,
}: {
  row: Evidence;
  scale: IntervalScale | null;
  compared: boolean;
  gains: boolean;
}) {
  return (
    <tr class={row.verdict === 'fail' || row.verdict === 'error' ? 'bad-row' : ''}>
      <Cell>
        <Badge state={row.verdict} />
      </Cell>
      <th scope="row">
        {row.slice === undefined ? (
          row.metric
        ) : (
          <>
            <span class="slice">{row.slice}</span> <span class="muted">{row.metric}</span>
          </>
        )}
        {row.note === undefined ? null : <span class="note">{row.note}</span>}
      </th>
      <Cell label="value" num>
        {formatNumber(row.value)}
      </Cell>
      {compared ? (
        <>
          <Cell label="baseline" num>
            {formatNumber(row.baseline)}
          </Cell>
          <Cell label="difference" num>
            {row.effect == null ? (
              '–'
            ) : (
              <span title={row.p == null ? '' : `p = ${formatNumber(row.p)}`}>{formatSigned(row.effect)}</span>
            )}
          </Cell>
        </>
      ) : null}
      {gains ? (
        <td class={`interval-cell ${scale === null || row.effect == null ? 'none' : ''}`}>
          {scale === null || row.effect == null ? null : <IntervalBar row={row} scale={scale} />}
        </td>
      ) : null}
      <Cell label="asked for" kind="asked">
        {row.threshold?.replaceAll('-', '−') ?? ''}
      </Cell>
      <Cell label="n" num>
        {row.n == null ? '' : formatNumber(row.n)}
      </Cell>
    </tr>
  );
}
