import type { ColumnView } from '../api.ts';
import { HistogramBars, TopValues } from '../charts/histogram.tsx';
import { formatNumber, formatShare } from '../format.ts';
import { Cell, Table } from './table.tsx';

/** The schema of a dataset with what each column holds. */
export function Columns({ columns, rows }: { columns: readonly ColumnView[]; rows: number | null }) {
  const heads = [
    { label: 'column' },
    { label: 'type' },
    { label: 'values', class: 'values-head' },
    { label: 'empty', num: true },
    { label: 'distinct', num: true },
    { label: 'least', num: true },
    { label: 'mean ± sd', num: true },
    { label: 'greatest', num: true },
  ];
  return (
    <Table label="Columns" heads={heads} kind="columns">
      {columns.map((one) => (
        <tr key={one.name}>
          <th scope="row" class="mono">
            {one.name}
          </th>
          <Cell label="type" kind="type">
            {one.type}
          </Cell>
          <Cell kind="values-cell">
            {one.top === null || one.top.length === 0 ? (
              <HistogramBars column={one} />
            ) : (
              <TopValues column={one} rows={rows} />
            )}
          </Cell>
          <Cell label="empty" num>
            {one.nulls === null ? (
              '–'
            ) : (
              <span title={formatNumber(one.nulls)}>
                {rows ? formatShare(one.nulls / rows) : formatNumber(one.nulls)}
              </span>
            )}
          </Cell>
          <Cell label="distinct" num>
            {formatNumber(one.distinct)}
          </Cell>
          <Cell label="least" num>
            {end(one.min)}
          </Cell>
          <Cell label="mean ± sd" num>
            {one.mean === null
              ? '–'
              : `${formatNumber(one.mean)}${one.sd === null ? '' : ` ± ${formatNumber(one.sd)}`}`}
          </Cell>
          <Cell label="greatest" num>
            {end(one.max)}
          </Cell>
        </tr>
      ))}
    </Table>
  );
}

function end(value: number | string | null) {
  if (typeof value !== 'string') return formatNumber(value);
  return (
    <span class="end-text" title={value}>
      {value.length > 24 ? `${value.slice(0, 23)}…` : value}
    </span>
  );
}
