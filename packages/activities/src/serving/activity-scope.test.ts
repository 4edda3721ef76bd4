import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { describe, expect, test } from 'vitest';
import { activityScope, alive, pause } from './activity-scope.ts';

function inActivity<Value>(cancel: AbortController, beats: unknown[], work: () => Value): Value {
  const context = {
    cancellationSignal: cancel.signal,
    heartbeat: (details?: unknown) => beats.push(details),
    info: { heartbeatDetails: { step: 0 } },
  };
  return asyncLocalStorage.run(context as unknown as Context, work);
}

describe('the scope of an activity', () => {
  test('heartbeats and cancels with the activity, and knows what was said before', async () => {
    const cancel = new AbortController();
    const beats: unknown[] = [];
    await inActivity(cancel, beats, async () => {
      const scope = activityScope();
      expect(scope.former).toEqual({ step: 0 });
      await pause(scope, 20, { step: 1 });
      cancel.abort(new Error('cancelled by the workflow'));
      await expect(pause(scope, 60_000)).rejects.toThrow('cancelled by the workflow');
    });
    expect(beats).toContainEqual({ step: 1 });
  });

  test('ends a wait at once when the activity is cancelled', async () => {
    const cancel = new AbortController();
    const waiting = inActivity(cancel, [], () => pause(activityScope(), 60_000));
    setTimeout(() => cancel.abort(new Error('cancelled')), 20);
    await expect(waiting).rejects.toThrow('cancelled');
  });

  test('outside of an activity is silent and never cancelled', async () => {
    const scope = activityScope();
    scope.heartbeat({ step: 1 });
    await pause(scope, 1);
    expect(scope.signal.aborted).toBe(false);
  });

  test('heartbeats before long work starts, and hands its result through', async () => {
    const beats: unknown[] = [];
    const result = await inActivity(new AbortController(), beats, () => alive(activityScope(), async () => 7));
    expect(result).toBe(7);
    expect(beats).toHaveLength(1);
  });
});
