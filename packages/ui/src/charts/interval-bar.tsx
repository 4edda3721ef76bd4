import type { Evidence } from '@sluice/sdk';
import { extent, median } from 'd3-array';
import { type ScaleLinear, scaleLinear } from 'd3-scale';
import { formatSigned } from '../format.ts';

export type IntervalScale = ScaleLinear<number, number>;

/** One scale to percent for all differences of a metric, with 0 and the margin in it; null where no gain was asked for. */
export function intervalScale(rows: readonly Evidence[]): IntervalScale | null {
  const gains = rows.filter((row) => row.effect != null && marginOf(row) !== null);
  if (gains.length === 0) return null;
  // One interval of a tiny slice must not make all others a dot: what is longer is cut off.
  const reach = median(gains, ({ interval, effect }) => Math.max(...(interval ?? [effect ?? 0]).map(Math.abs))) ?? 0;
  const effects = gains.flatMap((row) => [row.effect ?? 0, marginOf(row) ?? 0]);
  const [low = 0, high = 0] = extent([...effects.map((value) => value * 1.15), -reach * 1.6, reach * 1.6]);
  const bound = Math.max(-low, high, 1e-9);
  return scaleLinear().domain([-bound, bound]).range([0, 100]).clamp(true);
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
  const [from = 0, to = 0] = scale.domain();
  const inside = (value: number) => value >= from && value <= to;
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
