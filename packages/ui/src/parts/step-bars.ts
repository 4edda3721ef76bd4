import { isOutage, isPreemption, type Pause, type StepStatus } from '@sluice/sdk';
import type { Checkpoint, PendingJobView, RunView } from '../api.ts';
import type { Span } from '../charts/time-axis.ts';
import { counted, formatMs, formatNumber } from '../format.ts';
import { type Tone, toneOf } from './tone.ts';

export interface Bar {
  readonly from: number;
  readonly to: number;
  readonly tone: Tone | 'pause';
  readonly title: string;
}

export interface Mark {
  readonly at: number;
  readonly kind: 'preempted' | 'failed' | 'outage' | 'checkpoint';
  readonly title: string;
}

/** What a step's row shows over time: a bar per attempt, waits between them, and what happened. */
export function barsOf(status: StepStatus, job: PendingJobView | null, now: number): { bars: Bar[]; marks: Mark[] } {
  const bars: Bar[] = [];
  const marks: Mark[] = [];
  for (const one of status.attempts) {
    const lost = one.stepsLost > 0 ? `, lost ${counted(one.stepsLost, 'step')}` : '';
    const why = one.code === null ? '' : `, ${one.code}`;
    const title = `attempt ${one.attempt} on ${one.machine ?? one.class}: ${one.ended} after ${formatMs(one.end - one.start)}${why}${lost}`;
    bars.push({ from: one.start, to: one.end, tone: toneOf(one.ended), title });
    const kind = isPreemption(one) ? 'preempted' : isOutage(one) ? 'outage' : 'failed';
    if (one.ended !== 'done' && one.ended !== 'cancelled') marks.push({ at: one.end, kind, title });
  }
  if (status.pause !== undefined) bars.push(pauseBar(status.pause, now));
  const last = status.attempts.at(-1);
  if (status.end === null && status.pause === undefined) {
    const from = job?.progress?.startedAt ?? last?.end ?? status.start;
    const title = status.state === 'waiting' ? 'waits for a decision' : `${status.state} for ${formatMs(now - from)}`;
    const queued = job !== null && !job.started;
    bars.push(
      queued
        ? { from, to: now, tone: 'pause', title: `waits for a worker for ${formatMs(now - from)}` }
        : { from, to: now, tone: toneOf(status.state), title },
    );
  }
  if (bars.length === 0) {
    const to = status.end ?? now;
    const said = status.state === 'done' && status.verdict !== null ? status.verdict : status.state;
    bars.push({ from: status.start, to, tone: toneOf(said), title: `${said} in ${formatMs(to - status.start)}` });
  }
  const { checkpoint = null, checkpointAt = null } = job?.progress ?? {};
  if (checkpoint !== null && checkpointAt !== null) {
    marks.push({ at: checkpointAt, kind: 'checkpoint', title: `checkpoint at step ${formatNumber(checkpoint)}` });
  }
  return { bars, marks };
}

/** The row in words, for who cannot see it. */
export function barsText(status: StepStatus, now: number): string {
  const took = formatMs((status.end ?? now) - status.start);
  const attempts = status.attempts.length + (status.earlier?.count ?? 0);
  const preempted = status.attempts.filter(isPreemption).length + (status.earlier?.preemptions ?? 0);
  return [
    `${status.state} ${status.end === null ? 'for' : 'in'} ${took}`,
    ...(attempts > 1 ? [counted(attempts, 'attempt')] : []),
    ...(preempted > 0 ? [counted(preempted, 'preemption')] : []),
  ].join(', ');
}

function pauseBar({ code, since, until }: Pause, now: number): Bar {
  return {
    from: since,
    to: Math.max(now, since),
    tone: 'pause',
    title: `waits after ${code}, next try ${until > now ? `in ${formatMs(until - now)}` : 'now'}`,
  };
}

/** When something worked: a step that waits for people or for traffic did not until it was decided. */
export function busyOf({ status }: RunView, now: number): Span[] {
  return status.steps.flatMap((one): Span[] => {
    if (one.kind !== 'deploy') return one.kind === 'map' ? [] : [[one.start, one.end ?? now]];
    const decided = status.decisions.findLast(({ step }) => step === one.step);
    const opened: Span = [one.start, Math.min(one.start + 2000, one.end ?? now)];
    return decided === undefined ? [opened] : [opened, [Date.parse(decided.at), one.end ?? now]];
  });
}

/** When checkpoints were written, those of which it is known. */
export function checkpointMarks(list: readonly Checkpoint[]): Mark[] {
  return list.flatMap(({ at, step }) =>
    at === null ? [] : [{ at, kind: 'checkpoint' as const, title: `checkpoint at step ${formatNumber(step)}` }],
  );
}
