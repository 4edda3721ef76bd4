import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { PreemptionNotice } from '../../context.ts';
import type { Stop, Stopper } from '../process/stop.ts';
import { localSeam } from '../seam.ts';
import { inputOf } from '../testing/attempt.ts';
import { defaultGrace, watchInside, watchOutside } from './watches.ts';

const DAY = 86_400_000;
let stops: Stop[];
let stop: Stopper;
beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
  stops = [];
  stop = { request: (one: Stop) => void stops.push(one) } as Stopper;
});
afterEach(() => {
  vi.useRealTimers();
});

test('a maxRuntime of 30 days ends the attempt after 30 days', () => {
  const { spec } = inputOf('train', 1);
  const input = inputOf('train', 1, { spec: { budgets: { ...spec.budgets, maxRuntime: 30 * DAY } } });
  const unwatch = watchInside(input, stop, defaultGrace, Date.now(), { lastEvent: Date.now, paths: [] });
  vi.advanceTimersByTime(30 * DAY - 1);
  expect(stops).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(stops).toMatchObject([{ kind: 'timeout', why: 'it ran longer than its maxRuntime of 2592000 s' }]);
  unwatch();
});

/** An attempt that is told of a notice so many ms before its machine goes. */
function noticed(left: number) {
  let tell = (_: PreemptionNotice): void => {};
  const preemption = {
    current: () => null,
    subscribe: (listener: typeof tell) => {
      tell = listener;
      return () => {};
    },
  };
  const unwatch = watchOutside({ preemption, machine: 'gpu-0' }, localSeam(), stop, defaultGrace);
  const deadline = Date.now() + left;
  tell({ eventId: 'e', deadline, reason: 'Preempt by Platform' });
  return { deadline, unwatch };
}

test('notice of 30 seconds is the trainer’s but for the last two', () => {
  const { deadline, unwatch } = noticed(30_000);
  vi.advanceTimersByTime(1);
  expect(stops).toMatchObject([{ kind: 'preempted', killAt: deadline - 2000, commitUntil: deadline }]);
  unwatch();
});

test('notice of 15 minutes is used for training, until two minutes before the end', () => {
  const { deadline, unwatch } = noticed(900_000);
  vi.advanceTimersByTime(779_999);
  expect(stops).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(stops).toMatchObject([{ kind: 'preempted', killAt: deadline - 2000, commitUntil: deadline }]);
  expect(stops[0]?.why).toContain('goes away in 120 s');
  unwatch();
});
