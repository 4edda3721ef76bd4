import { asyncLocalStorage, Context } from '@temporalio/activity';
import { ActivityCancellationDetails, CancelledFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { hearing, workerStopped } from '../worker-stop.ts';
import { type ActivitySeam, localSeam, temporalSeam } from './seam.ts';

type Details = ConstructorParameters<typeof ActivityCancellationDetails>[0];

/** A Temporal activity's context, as far as the seam looks at it. */
function inActivity(stopping = new AbortController().signal): {
  seam: ActivitySeam;
  beats: unknown[];
  cancel(reason: string, details?: Details): void;
} {
  const controller = new AbortController();
  const holder: { details?: ActivityCancellationDetails } = {};
  const beats: unknown[] = [];
  let reject = (_error: Error): void => {};
  const cancelled = new Promise<never>((_, failed) => {
    reject = failed;
  });
  cancelled.catch(() => {});
  const unused = {} as never;
  const info = { attempt: 3 } as Context['info'];
  const context = new Context(
    info,
    cancelled,
    controller.signal,
    (details) => beats.push(details),
    undefined,
    unused,
    unused,
    holder,
  );
  let seam: ActivitySeam | null = null;
  const activity = hearing(stopping, async () => {
    seam = asyncLocalStorage.run(context, () => temporalSeam());
  });
  void (activity as () => Promise<void>)();
  if (seam === null) throw new Error('no seam inside of an activity');
  return {
    seam,
    beats,
    cancel(reason, details) {
      if (details !== undefined) holder.details = new ActivityCancellationDetails(details);
      const failure = new CancelledFailure(reason);
      controller.abort(failure); // in this order, as the worker does it
      reject(failure);
    },
  };
}

const cases: readonly [reason: string, details: Details | undefined, means: string][] = [
  ['CANCELLED', { cancelRequested: true }, 'cancelled'],
  ['WORKER_SHUTDOWN', { workerShutdown: true }, 'shutdown'],
  ['WORKER_SHUTDOWN', undefined, 'shutdown'],
  ['PAUSED', { paused: true }, 'shutdown'],
  ['NOT_FOUND', { notFound: true }, 'gone'],
  ['TIMED_OUT', { timedOut: true }, 'gone'],
  ['NOT_FOUND', undefined, 'gone'],
];
test('a worker that is told to stop means shutdown, and nothing else does as long as Temporal is silent', () => {
  const stopping = new AbortController();
  const { seam } = inActivity(stopping.signal);
  expect(seam.cancelled.aborted).toBe(false);
  stopping.abort(workerStopped());
  expect(seam.cancelled.aborted).toBe(true);
  expect(seam.reason()).toBe('shutdown');
});

test('a cancellation stays one where the worker is told to stop as well', () => {
  const stopping = new AbortController();
  const { seam, cancel } = inActivity(stopping.signal);
  cancel('CANCELLED', { cancelRequested: true });
  stopping.abort(workerStopped());
  expect(seam.reason()).toBe('cancelled');
});

for (const [reason, details, means] of cases) {
  test(`${reason}${details ? '' : ' of a server that gives no details'} means ${means}`, () => {
    const { seam, cancel } = inActivity();
    const heard: string[] = [];
    seam.cancelled.addEventListener('abort', () => heard.push(seam.reason()));
    cancel(reason, details);
    expect(heard).toEqual([means]);
  });
}

test('heartbeats go to the activity, and its own attempt number is known', () => {
  const { seam, beats } = inActivity();
  seam.heartbeat({ step: 3 } as never);
  expect(beats).toEqual([{ step: 3 }]);
  expect(seam.delivery).toBe(3);
});

test('outside of an activity there is a local seam', () => {
  expect(temporalSeam()).toBeNull();
  const controller = new AbortController();
  const seam = localSeam(controller.signal);
  controller.abort();
  expect([seam.cancelled.aborted, seam.reason()]).toEqual([true, 'cancelled']);
});
