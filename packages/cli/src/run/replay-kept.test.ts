import { expect, test } from 'vitest';
import { misfitIn } from './replay-kept.ts';

type Events = Parameters<typeof misfitIn>[1];

/** As Temporal's replay says it. */
const said = (message: string) =>
  `Replay failed with a nondeterminism error. Details: Workflow activation completion failed: Failure { failure: Some(Failure { message: "${message}", source: "", stack_trace: "" }), force_cause: NonDeterministicError }`;

const events = [
  { eventId: 7, activityTaskScheduledEventAttributes: { activityId: 'quality#1' } },
  { eventId: 8, timerStartedEventAttributes: { timerId: '3' } },
] as unknown as Events;

test('names both steps where history and code have another one in one place', () => {
  const message =
    "[TMPRL1100] Nondeterminism error: Activity id of scheduled event 'key=a/fit#1' does not match activity id of activity command 'key=b/fit#1'";
  expect(misfitIn(said(message), events)).toEqual({ history: 'key=a/fit#1', code: 'key=b/fit#1', message });
});

test('names the step of the history where the code does something of another kind', () => {
  const message = '[TMPRL1100] Nondeterminism error: No command scheduled for event HistoryEvent(id: 7, X)';
  expect(misfitIn(said(message), events)).toEqual({ history: 'quality#1', code: null, message });
});

test('says what Temporal says where no step can be made out', () => {
  const message = '[TMPRL1100] Nondeterminism error: No command scheduled for event HistoryEvent(id: 8, X)';
  expect(misfitIn(said(message), events)).toEqual({ history: null, code: null, message });
  expect(misfitIn('something else', events)).toEqual({ history: null, code: null, message: 'something else' });
});
