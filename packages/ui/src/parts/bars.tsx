import type { StepStatus } from '@sluice/sdk';
import type { TimeAxis } from '../charts/time-axis.ts';
import { counted, formatMs, roughMs } from '../format.ts';
import type { Bar, Mark } from './step-bars.ts';
import { labelInMap } from './step-groups.ts';

/** A row of a timeline: bars, and what happened as signs on them. */
export function Bars({
  axis,
  bars,
  marks,
  label,
}: {
  axis: TimeAxis;
  bars: readonly Bar[];
  marks: readonly Mark[];
  label: string;
}) {
  return (
    <svg class="bars" width="100%" height="22" role="img" aria-label={label}>
      <Grid axis={axis} />
      {bars.map((bar) => {
        const x = axis.x(bar.from);
        return (
          <rect
            key={`${bar.from}-${bar.title}`}
            class={`bar ${bar.tone}`}
            x={percent(x)}
            y="6"
            height="10"
            rx="2"
            width={percent(Math.max(0.35, axis.x(bar.to) - x))}
          >
            <title>{bar.title}</title>
          </rect>
        );
      })}
      {marks.map((mark) => (
        <svg key={`${mark.at}-${mark.kind}`} x={percent(axis.x(mark.at))} y="11" class="overflow" aria-hidden="true">
          <MarkSign kind={mark.kind} title={mark.title} />
        </svg>
      ))}
    </svg>
  );
}

function MarkSign({ kind, title }: { kind: Mark['kind']; title: string }) {
  const shape = {
    preempted: <path d="M0-5.500L5 0L0 5.500L-5 0Z" />,
    outage: <path d="M0-5L5 4H-5Z" />,
    failed: <path d="M-4-4L4 4M4-4L-4 4" />,
    checkpoint: <path d="M0-8V8" />,
  }[kind];
  return (
    <g class={`mark ${kind}`}>
      <title>{title}</title>
      {shape}
    </g>
  );
}

/** How many of a map's steps ran at a time. */
export function Crowd({
  axis,
  steps,
  now,
  from,
  to,
  label,
}: {
  axis: TimeAxis;
  steps: readonly StepStatus[];
  now: number;
  from: number;
  to: number;
  label: string;
}) {
  const points = runningOverTime(steps, now);
  const most = Math.max(1, ...points.map(([, count]) => count));
  const path = points.map(
    ([at, count], i) =>
      `${i === 0 ? 'M' : 'H'}${(axis.x(at) * 10).toFixed(1)}${i === 0 ? ' 14' : ''}V${(14 - (12 * count) / most).toFixed(1)}`,
  );
  const x = axis.x(from);
  return (
    <svg
      class="bars"
      width="100%"
      height="22"
      role="img"
      aria-label={`${label}: at most ${counted(most, 'step')} at a time, ${formatMs(to - from)}`}
    >
      <Grid axis={axis} />
      <rect class="span" x={percent(x)} y="18" height="2" width={percent(Math.max(0.35, axis.x(to) - x))} />
      {points.length === 0 ? null : (
        <svg x="0" y="3" width="100%" height="14" viewBox="0 0 1000 14" preserveAspectRatio="none" aria-hidden="true">
          <path class="crowd" d={path.join('')}>
            <title>{`at most ${most} at a time`}</title>
          </path>
        </svg>
      )}
      {steps
        .filter(({ state }) => state === 'failed')
        .slice(0, 50)
        .map((one) => (
          <svg key={one.step} x={percent(axis.x(one.end ?? now))} y="11" class="overflow" aria-hidden="true">
            <MarkSign kind="failed" title={`${labelInMap(one.step)} failed`} />
          </svg>
        ))}
    </svg>
  );
}

function Grid({ axis }: { axis: TimeAxis }) {
  return (
    <>
      {axis.breaks.map(({ x0, x1, ms }) => (
        <rect key={x0} class="break" x={percent(x0)} y="0" width={percent(x1 - x0)} height="100%">
          <title>{`${formatMs(ms)} are squeezed here`}</title>
        </rect>
      ))}
      {axis.ticks.map(({ x }) => (
        <line key={x} class="grid" x1={percent(x)} x2={percent(x)} y1="0" y2="100%" />
      ))}
    </>
  );
}

/** Time since the beginning, over all rows. */
export function AxisLabels({ axis }: { axis: TimeAxis }) {
  return (
    <svg class="axis" width="100%" height="16" aria-hidden="true">
      {axis.ticks.map(({ x, label }) => (
        <text key={x} x={percent(x)} y="12">
          {label}
        </text>
      ))}
      {axis.breaks.map(({ x0, x1, ms }) => (
        <text key={x0} class="squeezed" x={percent((x0 + x1) / 2)} y="12" text-anchor="middle">
          {`⋯${roughMs(ms)}⋯`}
        </text>
      ))}
    </svg>
  );
}

/** `[time, how many run from then on]`. */
function runningOverTime(steps: readonly StepStatus[], now: number): [number, number][] {
  const changes = steps.flatMap(({ start, end }) => [[start, 1] as const, [end ?? now, -1] as const]);
  changes.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  const points: [number, number][] = [];
  let count = 0;
  for (const [at, by] of changes) {
    count += by;
    const last = points.at(-1);
    if (last !== undefined && last[0] === at) last[1] = count;
    else points.push([at, count]);
  }
  return points;
}

function percent(x: number): string {
  return `${Number(x.toFixed(3))}%`;
}
