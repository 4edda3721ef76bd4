import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { timerAt } from './timer.ts';

const DAY = 86_400_000;
beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
});
afterEach(() => {
  vi.useRealTimers();
});

test.each([0, 1, 24, 25, 30, 50, 365])('a timer of %i days fires after so many days, and not before', (days) => {
  const fired = vi.fn();
  timerAt(Date.now() + days * DAY + 5, fired);
  vi.advanceTimersByTime(days * DAY + 4);
  expect(fired).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(fired).toHaveBeenCalledOnce();
  vi.advanceTimersByTime(400 * DAY);
  expect(fired).toHaveBeenCalledOnce();
});

test('what is past fires as soon as it can, and not within the call', () => {
  const fired = vi.fn();
  timerAt(Date.now() - DAY, fired);
  expect(fired).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(fired).toHaveBeenCalledOnce();
});

test('a timer that is taken back never fires, also after its first 24.8 days', () => {
  const fired = vi.fn();
  const timer = timerAt(Date.now() + 30 * DAY, fired);
  vi.advanceTimersByTime(26 * DAY);
  timer.cancel();
  vi.advanceTimersByTime(30 * DAY);
  expect(fired).not.toHaveBeenCalled();
});
