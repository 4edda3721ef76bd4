import type { StepStatus } from '@sluice/sdk';
import type { Checkpoint } from '../api.ts';
import { type Span, timeAxis } from '../charts/time-axis.ts';
import { counted, formatMs, formatNumber } from '../format.ts';
import { pageLink } from '../route.ts';
import { AxisLabels, Bars } from './bars.tsx';
import { useClock } from './clock.tsx';
import { Badge } from './state.tsx';
import { barsOf, barsText, checkpointMarks } from './step-bars.ts';
import { Cell, Table } from './table.tsx';
import { Ago } from './time.tsx';

/** Every attempt of a job: where it ran, how it ended and what was lost by it. */
export function Attempts({
  status,
  run,
  checkpoints,
}: {
  status: StepStatus;
  run: string;
  checkpoints: readonly Checkpoint[];
}) {
  const { attempts, earlier } = status;
  const heads = [
    { label: '#', num: true },
    { label: 'ended' },
    { label: 'machine' },
    { label: 'started' },
    { label: 'took', num: true },
    { label: 'from step', num: true },
    { label: 'to step', num: true },
    { label: 'lost' },
    { label: 'log' },
  ];
  return (
    <>
      {earlier === undefined ? null : (
        <p class="muted">
          {counted(earlier.count, 'earlier attempt')}: {counted(earlier.errors, 'error')},{' '}
          {counted(earlier.preemptions, 'preemption')}, {counted(earlier.outages, 'outage')},{' '}
          {counted(earlier.stepsLost, 'step')} lost.
        </p>
      )}
      <AttemptsOverTime status={status} checkpoints={checkpoints} />
      <Table label="Attempts" heads={heads} kind="attempts">
        {attempts.map((one) => (
          <tr key={one.attempt}>
            <Cell label="attempt" num>
              {one.attempt}
            </Cell>
            <Cell>
              <Badge state={one.ended} />
              {one.code === null ? null : (
                <span class="note">
                  {one.code}
                  {one.message === null ? '' : `: ${one.message.split('\n', 1)[0]}`}
                </span>
              )}
            </Cell>
            <Cell label="machine">
              {one.machine ?? '–'} <span class="muted">{one.class}</span>
            </Cell>
            <Cell label="started">
              <Ago at={one.start} />
            </Cell>
            <Cell label="took" num>
              {formatMs(one.end - one.start)}
            </Cell>
            <Cell label="from step" num>
              {one.resumedFrom === null ? 'start' : formatNumber(one.resumedFrom)}
            </Cell>
            <Cell label="to step" num>
              {formatNumber(one.lastStep)}
            </Cell>
            <Cell label="lost">
              {one.stepsLost === 0 ? (
                <span class="muted">nothing</span>
              ) : (
                `${counted(one.stepsLost, 'step')}, ${formatMs(one.secondsLost * 1000)}`
              )}
            </Cell>
            <Cell label="log">
              <a
                href={pageLink({ page: 'step', run, step: status.step, attempt: one.attempt })}
                aria-label={`log of attempt ${one.attempt}`}
              >
                log
              </a>
            </Cell>
          </tr>
        ))}
      </Table>
      {attempts.length === 0 ? <p class="muted">The first attempt has not ended.</p> : null}
    </>
  );
}

function AttemptsOverTime({ status, checkpoints }: { status: StepStatus; checkpoints: readonly Checkpoint[] }) {
  const now = useClock((at) => (status.end === null ? Math.floor(at / 1000) * 1000 : status.end));
  const { bars, marks } = barsOf(status, null, now);
  const written = checkpointMarks(checkpoints);
  const span: Span = [status.start, Math.max(status.end ?? now, ...written.map(({ at }) => at))];
  const axis = timeAxis(span, [span]);
  return (
    <div class="over-time">
      <AxisLabels axis={axis} />
      <Bars axis={axis} bars={bars} marks={[...written, ...marks]} label={barsText(status, now)} />
    </div>
  );
}
