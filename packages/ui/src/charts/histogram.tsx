import { max } from 'd3-array';
import { scaleLinear } from 'd3-scale';
import type { ColumnView } from '../api.ts';
import { formatNumber } from '../format.ts';

/** How often values of a column are where: as wide as the bins are, as high as they are dense. */
export function HistogramBars({ column }: { column: ColumnView }) {
  const { histogram } = column;
  // One value only has no breadth to be drawn.
  if (histogram === null || histogram.counts.length === 0 || histogram.edges[0] === histogram.edges.at(-1)) return null;
  const { edges, counts } = histogram;
  const [from = 0, to = 1] = [edges[0], edges.at(-1)];
  const total = counts.reduce((sum, count) => sum + count, 0);
  const x = scaleLinear().domain([from, to]).range([0, 200]);
  const bins = counts.map((count, i) => {
    const [low, high] = [edges[i] ?? from, edges[i + 1] ?? to];
    return { low, high, count, density: high > low ? count / (high - low) : count };
  });
  const y = scaleLinear()
    .domain([0, max(bins, ({ density }) => density) || 1])
    .range([0, 34]);
  return (
    <svg
      class="histogram"
      viewBox="0 0 200 36"
      width="100%"
      height="36"
      preserveAspectRatio="none"
      role="img"
      aria-label={describe(column, bins)}
    >
      <line class="base" x1="0" x2="200" y1="35.500" y2="35.500" />
      {bins.map(({ low, high, count, density }) => {
        const height = count === 0 ? 0 : Math.max(1, y(density));
        return (
          <rect key={low} x={x(low)} y={35 - height} width={Math.max(0.6, x(high) - x(low) - 0.8)} height={height}>
            <title>{`${formatNumber(low)} to ${formatNumber(high)}: ${formatNumber(count)} (${Math.round((100 * count) / Math.max(1, total))} %)`}</title>
          </rect>
        );
      })}
    </svg>
  );
}

function describe({ name }: ColumnView, bins: readonly { low: number; high: number; density: number }[]): string {
  const densest = bins.reduce((best, bin) => (bin.density > best.density ? bin : best));
  return `Histogram of ${name}: densest from ${formatNumber(densest.low)} to ${formatNumber(densest.high)}`;
}

/** The most frequent values of a column of texts, with their share. */
export function TopValues({ column, rows }: { column: ColumnView; rows: number | null }) {
  const top = column.top?.slice(0, 3) ?? [];
  const whole = rows === null || rows === 0 ? null : rows;
  return (
    <ul class="top-values">
      {top.map(({ value, count }) => (
        <li key={value}>
          <span class="top-value" title={value}>
            {value === '' ? '(empty)' : value}
          </span>
          <span class="muted num">
            {whole === null ? formatNumber(count) : `${Math.round((100 * count) / whole)} %`}
          </span>
        </li>
      ))}
      {(column.top?.length ?? 0) > 3 ? (
        <li class="muted">and {formatNumber((column.distinct ?? column.top?.length ?? 3) - 3)} more</li>
      ) : null}
    </ul>
  );
}
