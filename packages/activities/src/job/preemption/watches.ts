import type { JobInput } from '@sluice/sdk';
import type { ActivityContext, PreemptionNotice } from '../../context.ts';
import { type Timer, timerAt } from '../../timer.ts';
import { newestChange } from '../inputs/work-dir.ts';
import type { Stop, Stopper } from '../process/stop.ts';
import type { ActivitySeam, StopReason } from '../seam.ts';

/** How long things may take, ms. */
export interface Grace {
  /** From the worker's shutdown until the trainer is killed. @default 20000 */
  readonly shutdown: number;
  /** From a cancellation, or the end of `maxRuntime`, until the trainer is killed. @default 10000 */
  readonly cancel: number;
  /** Before a preemption's deadline, at which the trainer is killed so that its checkpoint can be committed. @default 2000 */
  readonly beforeDeadline: number;
  /** Notice longer than this is used for training first. @default 120000 */
  readonly notice: number;
  /** For committing checkpoints once the trainer has ended by itself. @default 600000 */
  readonly commit: number;
}

export const defaultGrace: Grace = {
  shutdown: 20_000,
  cancel: 10_000,
  beforeDeadline: 2000,
  notice: 120_000,
  commit: 600_000,
};

const SLEPT_MS = 15_000;

/** Asks `stop` to end the attempt when its run, its worker or its machine has to. Returns how to stop watching. */
export function watchOutside(
  context: Pick<ActivityContext, 'preemption' | 'machine'>,
  seam: ActivitySeam,
  stop: Stopper,
  grace: Grace,
): () => void {
  const timers = new Set<Timer>();
  const onNotice = (notice: PreemptionNotice): void => {
    timers.add(timerAt(notice.deadline - grace.notice, () => preempt(notice)));
  };
  const preempt = (notice: PreemptionNotice): void => {
    const now = Date.now();
    const left = Math.max(0, Math.round((notice.deadline - now) / 1000));
    stop.request({
      kind: 'preempted',
      why: `${context.machine} goes away in ${left} s (${notice.reason})`,
      killAt: Math.max(notice.deadline - grace.beforeDeadline, now + Math.min(1000, grace.beforeDeadline)),
      commitUntil: Math.max(notice.deadline, now + grace.beforeDeadline),
    });
  };
  const onCancel = (): void => stop.request(stopFor(seam.reason(), Date.now(), grace));

  const unsubscribe = context.preemption.subscribe(onNotice);
  const current = context.preemption.current();
  if (current !== null) onNotice(current);
  if (seam.cancelled.aborted) onCancel();
  else seam.cancelled.addEventListener('abort', onCancel);
  return () => {
    unsubscribe();
    seam.cancelled.removeEventListener('abort', onCancel);
    for (const timer of timers) timer.cancel();
  };
}

function stopFor(reason: StopReason, now: number, grace: Grace): Stop {
  switch (reason) {
    case 'gone':
      return { kind: 'fenced', why: 'nobody waits for it any more', killAt: now, commitUntil: now };
    case 'shutdown': {
      const killAt = now + grace.shutdown;
      return { kind: 'shutdown', why: 'worker shutdown', killAt, commitUntil: killAt + grace.cancel };
    }
    case 'cancelled': {
      const killAt = now + grace.cancel;
      return { kind: 'cancelled', why: 'the run was cancelled', killAt, commitUntil: killAt };
    }
  }
}

/** Ends an attempt that runs longer than `maxRuntime`, or that shows no sign of life for `stall`. */
export function watchInside(
  input: JobInput,
  stop: Stopper,
  grace: Grace,
  startedAt: number,
  life: { readonly lastEvent: () => number; readonly paths: readonly string[] },
): () => void {
  const { stall, budgets } = input.spec;
  let stallTimer: Timer | undefined;
  let closed = false;
  const lookAgain = (wait: number): void => {
    const due = Date.now() + wait;
    // A timer that is far too late means that this machine slept: the trainer did too, and gets its time again.
    const onTime = (): void => (Date.now() - due > SLEPT_MS ? lookAgain(wait) : void look());
    if (!closed) stallTimer = timerAt(due, onTime);
  };
  const look = async (): Promise<void> => {
    if (stall === null || closed) return;
    const last = Math.max(life.lastEvent(), await newestChange(life.paths));
    const left = last + stall - Date.now();
    if (left > 0) return lookAgain(left);
    const now = Date.now();
    const why = `no event, no output and no change to its files for ${Math.round((now - last) / 1000)} s`;
    stop.request({ kind: 'stalled', why, killAt: now, commitUntil: now + grace.cancel });
  };
  if (stall !== null) lookAgain(stall);

  const { maxRuntime } = budgets;
  const onTimeout = (): void => {
    const now = Date.now();
    const why = `it ran longer than its maxRuntime of ${(maxRuntime ?? 0) / 1000} s`;
    stop.request({ kind: 'timeout', why, killAt: now + grace.cancel, commitUntil: now + 2 * grace.cancel });
  };
  const runtimeTimer = maxRuntime === null ? null : timerAt(startedAt + maxRuntime, onTimeout);
  return () => {
    closed = true;
    stallTimer?.cancel();
    runtimeTimer?.cancel();
  };
}
