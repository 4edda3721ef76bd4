import { setTimeout as wait } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { endOf } from '../worker-stop.ts';

/** What long work needs of the activity it runs in; outside of one (the local runner) it is silent and never cancelled. */
export interface ActivityScope {
  /** Aborts when the activity is cancelled or its worker stops; its reason is what to throw. */
  readonly signal: AbortSignal;
  /** Tells the server that this is alive. Never throws. */
  heartbeat(details?: unknown): void;
  /** What an attempt before this one, whose worker was lost, said in its last heartbeat. */
  readonly former?: unknown;
}

/** Milliseconds between heartbeats; far below every heartbeat timeout in use. */
const BEAT = 2_000;

export function activityScope(): ActivityScope {
  let context: Context;
  try {
    context = Context.current();
  } catch {
    return { signal: new AbortController().signal, heartbeat: () => {} };
  }
  return {
    signal: endOf(context),
    heartbeat: (details) => context.heartbeat(details),
    former: context.info.heartbeatDetails,
  };
}

/** Heartbeats while `work` runs. Everything inside must have a time limit of its own, so that a hang still shows. */
export async function alive<Value>(
  scope: ActivityScope,
  work: () => Promise<Value>,
  details?: unknown,
): Promise<Value> {
  scope.heartbeat(details);
  const timer = setInterval(() => scope.heartbeat(details), BEAT);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** Waits and heartbeats. @throws the signal's reason when the activity is cancelled. */
export async function pause(scope: ActivityScope, milliseconds: number, details?: unknown): Promise<void> {
  const end = Date.now() + milliseconds;
  for (;;) {
    scope.signal.throwIfAborted();
    scope.heartbeat(details);
    const left = end - Date.now();
    if (left <= 0) return;
    try {
      await wait(Math.min(left, BEAT), undefined, { signal: scope.signal });
    } catch (error) {
      scope.signal.throwIfAborted();
      throw error;
    }
  }
}

/** The promise, or the signal's reason as soon as that aborts; what the promise stands for goes on unheard. */
export async function unlessAborted<Value>(signal: AbortSignal, promise: Promise<Value>): Promise<Value> {
  signal.throwIfAborted();
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    const listener = () => reject(signal.reason);
    signal.addEventListener('abort', listener, { once: true });
    stop = () => signal.removeEventListener('abort', listener);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    stop();
    promise.catch(() => {});
  }
}
