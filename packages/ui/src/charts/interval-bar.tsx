import type { Evidence } from '@sluice/sdk';
import { extent } from 'd3-array';
import { type ScaleLinear, scaleLinear } from 'd3-scale';
import { formatSigned } from '../format.ts';

export type IntervalScale = ScaleLinear<number, number>;

/** One scale to percent for all differences of a metric, with 0 and the margin in it; null where nothing was compared. */
export function intervalScale(rows: readonly Evidence[]): IntervalScale | null {
  const values = rows.flatMap((row) => [row.effect ?? [], row.interval ?? [], marginOf(row) ?? []].flat());
  if (rows.every(({ effect }) => effect == null)) return null;
  const [low = 0, high = 0] = extent([...values.filter(Number.isFinite), 0]);
  const room = Math.max(high - low, 1e-9) * 0.06;
  return scaleLinear()
    .domain([low - room, high + room])
    .range([0, 100])
    .clamp(true);
}

/** `gain > -0.01` asks that the difference stays above −0.01. */
export function marginOf({ threshold }: Pick<Evidence, 'threshold'>): number | null {
  const found = /^(?:gain )?> (-\d+(?:\.\d+)?(?:e-?\d+)?)$/.exec(threshold ?? '');
  return found === null ? null : Number(found[1]);
}

/** The difference to the baseline and its confidence interval; the dashed line is what may be lost. */
export function IntervalBar({ row, scale }: { row: Evidence; scale: IntervalScale }) {
  const effect = row.effect ?? 0;
  const [low, high] = row.interval ?? [effect, effect];
  const margin = marginOf(row);
  const x = (value: number) => `${scale(value).toFixed(2)}%`;
  const label = `difference ${formatSigned(effect)}${row.interval ? `, interval from ${formatSigned(low)} to ${formatSigned(high)}` : ''}${margin === null ? '' : `, may lose ${formatSigned(margin)}`}`;
  return (
    <svg class={`interval ${row.verdict}`} width="100%" height="20" role="img" aria-label={label}>
      <title>{label}</title>
      <line class="zero" x1={x(0)} x2={x(0)} y1="0" y2="20" />
      {margin === null ? null : <line class="margin" x1={x(margin)} x2={x(margin)} y1="0" y2="20" />}
      <line class="range" x1={x(low)} x2={x(high)} y1="10" y2="10" />
      <line class="end" x1={x(low)} x2={x(low)} y1="6.500" y2="13.500" />
      <line class="end" x1={x(high)} x2={x(high)} y1="6.500" y2="13.500" />
      <circle cx={x(effect)} cy="10" r="3.500" />
    </svg>
  );
}
