import { bisector } from 'd3-array';
import { scaleLinear } from 'd3-scale';
import { area, curveStepAfter } from 'd3-shape';
import { useState } from 'preact/hooks';
import { Plot, WIDTH } from './plot.tsx';

const HEIGHT = 132;
const byTime = bisector<ShareRow, number>(({ at }) => at);

/** Percent of traffic by version, from a moment on. */
export interface ShareRow {
  readonly at: number;
  readonly shares: readonly number[];
}

/** Shares of traffic over time, one on top of the other. */
export function ShareChart({
  title,
  names,
  colours,
  rows,
  domain,
  formatX,
  ticksX,
}: {
  title: string;
  names: readonly string[];
  colours: readonly number[];
  rows: readonly ShareRow[];
  domain: readonly [number, number];
  formatX: (at: number) => string;
  ticksX: readonly number[];
}) {
  const [at, setAt] = useState<number | null>(null);
  const x = scaleLinear()
    .domain([domain[0], domain[1] === domain[0] ? domain[0] + 1 : domain[1]])
    .range([0, WIDTH]);
  const y = scaleLinear().domain([0, 100]).range([HEIGHT, 0]);
  const last = rows.at(-1);
  const kept = last === undefined || last.at >= domain[1] ? rows : [...rows, { at: domain[1], shares: last.shares }];
  const here = at === null ? last : rows[Math.max(0, byTime.right(rows, at) - 1)];
  const below = (row: ShareRow, upTo: number) => row.shares.slice(0, upTo).reduce((sum, share) => sum + share, 0);
  return (
    <figure class="chart">
      <figcaption>
        <span class="chart-title">{title}</span>
        <span class="chart-values">
          {at === null || here === undefined ? null : <span class="muted">{formatX(here.at)}</span>}
          {names.map((name, i) => (
            <span key={name} class={`legend c${colours[i]}`}>
              <span class="legend-name">{name}</span>
              <span class="num">{percent(here?.shares[i] ?? 0)}</span>
            </span>
          ))}
        </span>
      </figcaption>
      <Plot
        x={x}
        y={y}
        height={HEIGHT}
        label={described(title, names, rows, formatX)}
        formatX={formatX}
        formatY={(value) => `${value} %`}
        ticksX={ticksX}
        onMove={setAt}
      >
        {names.map((name, i) => (
          <path
            key={name}
            class={`area c${colours[i]}`}
            d={
              area<ShareRow>()
                .curve(curveStepAfter)
                .x((row) => x(row.at))
                .y0((row) => y(below(row, i)))
                .y1((row) => y(below(row, i + 1)))(kept) ?? ''
            }
          />
        ))}
      </Plot>
    </figure>
  );
}

function described(
  title: string,
  names: readonly string[],
  rows: readonly ShareRow[],
  formatX: (at: number) => string,
): string {
  const changes = rows.filter((row, i) => i === 0 || row.shares.some((share, k) => share !== rows[i - 1]?.shares[k]));
  const told = changes
    .slice(-8)
    .map((row) => `${formatX(row.at)} ${names.map((name, i) => `${name} ${percent(row.shares[i] ?? 0)}`).join(', ')}`);
  return `${title}: ${told.length === 0 ? 'nothing yet' : told.join('; ')}`;
}

function percent(share: number): string {
  return `${Number(share.toFixed(1))} %`;
}
