import type { StepStatus } from '@sluice/sdk';
import { useState } from 'preact/hooks';
import type { PendingJobView, RunView } from '../api.ts';
import { type TimeAxis, timeAxis } from '../charts/time-axis.ts';
import { formatNumber, formatRate, roughMs } from '../format.ts';
import { pageLink } from '../route.ts';
import { AxisLabels, Bars, Crowd } from './bars.tsx';
import { useClock } from './clock.tsx';
import { Badge } from './state.tsx';
import { barsOf, barsText, busyOf } from './step-bars.ts';
import { countStates, endOf, groupSteps, labelInMap, readable, type StepRow } from './step-groups.ts';
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

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
