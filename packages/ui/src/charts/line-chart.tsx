import { bisector, extent } from 'd3-array';
import { scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import { useState } from 'preact/hooks';
import { formatNumber } from '../format.ts';
import { type Line, Plot, WIDTH } from './plot.tsx';

const HEIGHT = 132;
const path = line<readonly [number, number]>();
const byX = bisector<readonly [number, number], number>(([x]) => x);

export interface LineChartProps {
  readonly title: string;
  readonly lines: readonly Line[];
  /** Ends of the x axis; of what is drawn where it is left out. */
  readonly domain?: readonly [number, number];
  readonly formatX?: (value: number) => string;
  readonly formatY?: (value: number) => string;
  readonly ticksX?: readonly number[];
  /** Begins at 0, as counts and shares do. */
  readonly fromZero?: boolean;
  /** The y axis goes at least so far. @default 0 */
  readonly topAtLeast?: number;
  /** Upright lines, such as checkpoints. */
  readonly marks?: readonly { readonly x: number; readonly kind: string; readonly title: string }[];
}

/** Lines over a common axis; the values at the pointer stand in the heading, else the last ones. */
export function LineChart({
  title,
  lines,
  domain,
  formatX = formatNumber,
  formatY = formatNumber,
  ticksX,
  fromZero = false,
  topAtLeast = 0,
  marks = [],
}: LineChartProps) {
  const [at, setAt] = useState<number | null>(null);
  const all = lines.flatMap(({ points }) => points);
  const [x0 = 0, x1 = 1] = domain ?? extent(all, ([x]) => x);
  const [low = 0, high = 1] = extent(
    all.filter(([, y]) => Number.isFinite(y)),
    ([, y]) => y,
  );
  const x = scaleLinear()
    .domain([x0, x1 === x0 ? x0 + 1 : x1])
    .range([0, WIDTH]);
  const y = scaleLinear()
    .domain([
      fromZero ? Math.min(0, low) : low,
      Math.max(topAtLeast, high === low ? low + (Math.abs(low) || (topAtLeast > 0 ? 0 : 1)) : high),
    ])
    .nice(4)
    .range([HEIGHT, 0]);
  const drawn = path
    .x(([value]) => x(value))
    .y(([, value]) => y(value))
    .defined(([, value]) => Number.isFinite(value));
  const here = lines.map((one) => ({ ...one, point: at === null ? one.points.at(-1) : nearest(one.points, at) }));
  const cursor = at === null ? null : here.find(({ point }) => point !== undefined)?.point?.[0];
  return (
    <figure class="chart">
      <figcaption>
        <span class="chart-title">{title}</span>
        <span class="chart-values">
          {cursor == null ? null : <span class="muted">{formatX(cursor)}</span>}
          {here.map(({ name, colour, point }) => (
            <span key={name} class={`legend c${colour}`}>
              {lines.length > 1 ? <span class="legend-name">{name}</span> : null}
              <span class="num">{point === undefined ? '–' : formatY(point[1])}</span>
            </span>
          ))}
        </span>
      </figcaption>
      <Plot
        x={x}
        y={y}
        height={HEIGHT}
        label={described(title, lines, formatX, formatY)}
        formatX={formatX}
        formatY={formatY}
        {...(ticksX === undefined ? {} : { ticksX })}
        onMove={setAt}
      >
        {marks.map((mark) => (
          <line
            key={`${mark.kind}-${mark.x}`}
            class={`upright ${mark.kind}`}
            x1={x(mark.x)}
            x2={x(mark.x)}
            y1="-6"
            y2={HEIGHT + 6}
          >
            <title>{mark.title}</title>
          </line>
        ))}
        {lines.map((one) => (
          <path
            key={one.name}
            class={`line c${one.colour}${one.points.length === 1 ? ' dot' : ''}`}
            d={drawn(one.points.length === 1 ? twice(one.points) : one.points) ?? ''}
          />
        ))}
        {cursor == null ? null : <line class="cursor" x1={x(cursor)} x2={x(cursor)} y1="-6" y2={HEIGHT + 6} />}
      </Plot>
    </figure>
  );
}

function nearest(points: Line['points'], at: number): Line['points'][number] | undefined {
  return points.length === 0 ? undefined : points[byX.center(points, at)];
}

/** A single point is drawn as a short line, else it could not be seen. */
function twice([only]: Line['points']): Line['points'] {
  return only === undefined ? [] : [only, [only[0] + 1e-6, only[1]]];
}

/** First, least, greatest and last value of each line. */
function described(
  title: string,
  lines: readonly Line[],
  formatX: (x: number) => string,
  formatY: (y: number) => string,
): string {
  const parts = lines.map(({ name, points }) => {
    const [first, last] = [points[0], points.at(-1)];
    if (first === undefined || last === undefined) return `${name}: nothing yet`;
    const [low = 0, high = 0] = extent(points, ([, y]) => y);
    const who = lines.length > 1 ? `${name}: ` : '';
    return `${who}from ${formatY(first[1])} at ${formatX(first[0])} to ${formatY(last[1])} at ${formatX(last[0])}, least ${formatY(low)}, greatest ${formatY(high)}`;
  });
  return `${title}. ${parts.join('; ')}`;
}
