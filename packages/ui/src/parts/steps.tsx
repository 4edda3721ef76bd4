import type { StepStatus } from '@sluice/sdk';
import { useState } from 'preact/hooks';
import type { PendingJobView, RunView } from '../api.ts';
import { type Span, type TimeAxis, timeAxis } from '../charts/time-axis.ts';
import { counted, formatMs, formatNumber, formatRate, roughMs } from '../format.ts';
import { pageLink } from '../route.ts';
import { useClock } from './clock.tsx';
import { Badge } from './state.tsx';
import { type Bar, barsOf, barsText, type Mark } from './step-bars.ts';
import { countStates, groupSteps, labelInMap, readable, type StepRow } from './step-groups.ts';
import { Took } from './time.tsx';

/** Keys of a map that are shown before somebody asks for more. */
const KEYS_SHOWN = 8;
const KEYS_MORE = 100;

interface Context {
  readonly run: string;
  readonly axis: TimeAxis;
  readonly now: number;
  readonly jobs: ReadonlyMap<string, PendingJobView>;
}

/** The steps of a run over time. Keys of a map are summed up in one row that can be unfolded. */
export function Steps({ view }: { view: RunView }) {
  const { status, row } = view;
  const ticking = row.endedAt === null && status.steps.some(({ state }) => state === 'running');
  const now = useClock((at) => (ticking ? Math.max(view.at, Math.floor(at / 1000) * 1000) : (row.endedAt ?? view.at)));
  const jobs = new Map(view.jobs.map((job) => [job.step, job]));
  const first = Math.min(row.startedAt, ...status.steps.map(({ start }) => start));
  const last = Math.max(row.endedAt ?? now, ...status.steps.map(({ end }) => end ?? 0));
  const axis = timeAxis([first, last], busyOf(view, now));
  const context = { run: row.id, axis, now, jobs };
  return (
    <table class="table steps" aria-label="Steps over time">
      <thead>
        <tr>
          <th scope="col">step</th>
          <th scope="col">state</th>
          <th scope="col" class="num">
            took
          </th>
          <th scope="col" class="axis-cell">
            <span class="visually-hidden">over time, since the start of the run</span>
            <AxisLabels axis={axis} />
          </th>
        </tr>
      </thead>
      <tbody>
        {groupSteps(status.steps).map((one) =>
          one.kind === 'step' ? (
            <StepLine key={one.status.step} status={one.status} label={readable(one.status.step)} context={context} />
          ) : (
            <MapLines key={`${one.name}=`} row={one} context={context} />
          ),
        )}
      </tbody>
    </table>
  );
}

function StepLine({
  status,
  label,
  context,
  inside = false,
}: {
  status: StepStatus;
  label: string;
  context: Context;
  inside?: boolean;
}) {
  const { run, axis, now, jobs } = context;
  const job = jobs.get(status.step) ?? null;
  const { bars, marks } = barsOf(status, job, now);
  return (
    <tr class={inside ? 'inside' : ''}>
      <th scope="row">
        <a href={pageLink({ page: 'step', run, step: status.step })}>{label}</a> <span class="kind">{status.kind}</span>
        <StepNote status={status} job={job} />
      </th>
      <td>
        <Badge state={status.verdict !== null && status.state === 'done' ? status.verdict : status.state} />
      </td>
      <td class="num">
        <Took from={status.start} to={status.end} />
      </td>
      <td class="bars-cell">
        <Bars axis={axis} bars={bars} marks={marks} label={`${label}: ${barsText(status, now)}`} />
      </td>
    </tr>
  );
}

function StepNote({ status, job }: { status: StepStatus; job: PendingJobView | null }) {
  const { pause, note } = status;
  if (pause !== undefined)
    return (
      <span class="note warn-text">
        waits after {pause.code}: {firstLine(pause.message)}
      </span>
    );
  if (status.end === null && job !== null && !job.started) return <span class="note">waits for a worker</span>;
  const progress = status.end === null ? job?.progress : null;
  if (progress?.step != null) {
    const { step, total, rate } = progress;
    const parts = [
      total ? `step ${formatNumber(step)} of ${formatNumber(total)}` : `step ${formatNumber(step)}`,
      ...(rate === null ? [] : [formatRate(rate)]),
      ...(rate && total ? [`${roughMs(((total - step) / rate) * 1000)} left`] : []),
    ];
    return (
      <span class="note">
        {parts.join(' · ')}
        {total ? <progress max={total} value={step} aria-label={`progress of ${status.step}`} /> : null}
      </span>
    );
  }
  return note === null ? null : (
    <span class={`note ${status.state === 'failed' ? 'bad-text' : ''}`}>{firstLine(note)}</span>
  );
}

function MapLines({ row, context }: { row: Extract<StepRow, { kind: 'map' }>; context: Context }) {
  const { name, status, steps } = row;
  const [shown, setShown] = useState(steps.length <= KEYS_SHOWN ? steps.length : 0);
  const listed = steps.slice(0, Math.max(shown, steps.length <= KEYS_SHOWN ? steps.length : 0));
  const start = status?.start ?? Math.min(...steps.map((one) => one.start));
  const end = status === null ? endOf(steps) : status.end;
  const open = listed.length > 0;
  return (
    <>
      <tr class="map">
        <th scope="row">
          <button
            type="button"
            class="unfold"
            aria-expanded={open}
            disabled={steps.length === 0}
            onClick={() => setShown(open ? 0 : Math.min(steps.length, KEYS_MORE))}
          >
            <span class="chevron" aria-hidden="true" />
            {readable(name)}
          </button>{' '}
          <span class="kind">map</span>
          {steps.length < KEYS_SHOWN ? null : <span class="note">{status?.note ?? ''}</span>}
        </th>
        <td>
          {status !== null && steps.length === 0 ? <Badge state={status.state} /> : null}
          <span class="counts">
            {countStates(steps).map(([state, count]) => (
              <Badge key={state} state={state} label={`${formatNumber(count)} ${state}`} />
            ))}
          </span>
        </td>
        <td class="num">
          <Took from={start} to={end} />
        </td>
        <td class="bars-cell">
          <Crowd
            axis={context.axis}
            steps={steps}
            now={context.now}
            from={start}
            to={end ?? context.now}
            label={readable(name)}
          />
        </td>
      </tr>
      {listed.map((one) => (
        <StepLine key={one.step} status={one} label={labelInMap(one.step)} context={context} inside />
      ))}
      {open && listed.length < steps.length ? (
        <tr class="inside more">
          <td colSpan={4}>
            <button type="button" class="link" onClick={() => setShown(listed.length + KEYS_MORE)}>
              show {formatNumber(Math.min(KEYS_MORE, steps.length - listed.length))} more of{' '}
              {formatNumber(steps.length - listed.length)}
            </button>
          </td>
        </tr>
      ) : null}
    </>
  );
}

function Bars({
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

export function MarkSign({ kind, title }: { kind: Mark['kind']; title: string }) {
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
function Crowd({
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

function AxisLabels({ axis }: { axis: TimeAxis }) {
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

/** When something worked: a step that waits for people or for traffic did not until it was decided. */
function busyOf({ status }: RunView, now: number): Span[] {
  return status.steps.flatMap((one): Span[] => {
    if (one.kind !== 'deploy') return one.kind === 'map' ? [] : [[one.start, one.end ?? now]];
    const decided = status.decisions.findLast(({ step }) => step === one.step);
    const opened: Span = [one.start, Math.min(one.start + 2000, one.end ?? now)];
    return decided === undefined ? [opened] : [opened, [Date.parse(decided.at), one.end ?? now]];
  });
}

function endOf(steps: readonly StepStatus[]): number | null {
  const ends = steps.map(({ end }) => end);
  return ends.some((end) => end === null) ? null : Math.max(...ends.filter((end) => end !== null));
}

function percent(x: number): string {
  return `${Number(x.toFixed(3))}%`;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
