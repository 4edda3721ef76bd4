import type { ActivityContext, PreemptionNotice } from '@sluice/activities';
import type { State } from '@temporalio/worker';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { serve } from './serve.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A worker of Temporal's, as far as it is served, and everything that may end it. */
function stand(current: PreemptionNotice | null = null) {
  let state: State = 'INITIALIZED';
  let ended = (): void => {};
  const worker = {
    run: () => {
      state = 'RUNNING';
      return new Promise<void>((done) => {
        ended = done;
      });
    },
    shutdown: vi.fn(() => {
      state = 'DRAINING';
    }),
    getState: () => state,
  };
  let tell = (_: PreemptionNotice): void => {};
  const notices: ActivityContext['preemption'] = {
    current: () => current,
    subscribe: (listener) => {
      tell = listener;
      return () => {};
    },
  };
  const [stopping, stop, onReady] = [new AbortController(), new AbortController(), vi.fn()];
  const end = serve(worker, { notices, stopping, grace: 20_000, signal: stop.signal, onReady });
  return { worker, stopping, onReady, stop, end, notice: () => tell(notice), jobsEnd: () => ended() };
}
const notice: PreemptionNotice = { eventId: 'e', deadline: Date.now() + 900_000, reason: 'Preempt by Platform' };

test('a notice ends polling once, and leaves what runs alone for as long as it takes', async () => {
  const { worker, stopping, end, notice: tell, jobsEnd } = stand();
  tell();
  tell();
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(worker.shutdown).toHaveBeenCalledOnce();
  expect(stopping.signal.aborted).toBe(false);
  jobsEnd();
  expect(await end).toBe('preempted');
});

test('being told to stop ends what runs too, also after a notice', async () => {
  const first = stand();
  first.stop.abort();
  expect(first.stopping.signal.reason).toMatchObject({ type: 'WorkerStopped', nonRetryable: false });
  expect(first.worker.shutdown).toHaveBeenCalledOnce();
  first.jobsEnd();
  expect(await first.end).toBe('stopped');

  const second = stand();
  second.notice();
  second.stop.abort();
  expect(second.stopping.signal.aborted).toBe(true);
  expect(second.worker.shutdown).toHaveBeenCalledOnce();
  second.jobsEnd();
  expect(await second.end).toBe('preempted');
});

test('a worker whose work does not end after it was told to stop is given up', async () => {
  const { stop, end } = stand();
  const failed = end.catch((error: unknown) => error);
  stop.abort();
  await vi.advanceTimersByTimeAsync(35_000);
  expect(await failed).toMatchObject({ message: 'Work still ran 35 s after the worker was told to stop.' });
});

test('a machine that goes away already takes no work', async () => {
  const { worker, onReady, end, jobsEnd } = stand(notice);
  expect(worker.shutdown).toHaveBeenCalledOnce();
  expect(onReady).not.toHaveBeenCalled();
  jobsEnd();
  expect(await end).toBe('preempted');
});
