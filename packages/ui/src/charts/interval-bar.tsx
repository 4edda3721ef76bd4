import type { Evidence } from '@sluice/sdk';
import { formatSigned } from '../format.ts';
import { type IntervalScale, marginOf } from './interval-scale.ts';

/** The difference to the baseline and its confidence interval; the dashed line is what may be lost. */
export function IntervalBar({ row, scale }: { row: Evidence; scale: IntervalScale }) {
  const effect = row.effect ?? 0;
  const [low, high] = row.interval ?? [effect, effect];
  const margin = marginOf(row);
  const x = (value: number) => `${scale(value).toFixed(2)}%`;
  const inside = (value: number) => value >= scale.from && value <= scale.to;
  const label = `difference ${formatSigned(effect)}${row.interval ? `, interval from ${formatSigned(low)} to ${formatSigned(high)}` : ''}${margin === null ? '' : `, may lose ${formatSigned(margin)}`}`;
  return (
    <svg class={`interval ${row.verdict}`} width="100%" height="20" role="img" aria-label={label}>
      <title>{label}</title>
      <line class="zero" x1={x(0)} x2={x(0)} y1="0" y2="20" />
      {margin === null ? null : <line class="margin" x1={x(margin)} x2={x(margin)} y1="0" y2="20" />}
      <line class="range" x1={x(low)} x2={x(high)} y1="10" y2="10" />
      {[low, high].map((end) => (
        <line key={end} class={inside(end) ? 'end' : 'end cut'} x1={x(end)} x2={x(end)} y1="6.500" y2="13.500" />
      ))}
      <circle cx={x(effect)} cy="10" r="3.500" />
    </svg>
  );
}
