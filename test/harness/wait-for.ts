import { setTimeout as delay } from 'node:timers/promises';
import type { RunStatus } from '@sluice/sdk';

/** Awaits a condition by looking again, every 50 ms unless told otherwise; the error says what was last seen. */
export async function waitFor<Value>(
  what: string,
  look: () => Promise<Value | null | undefined | false>,
  timeout = 60_000,
  every = 50,
): Promise<Value> {
  const until = Date.now() + timeout;
  let last: unknown;
  for (;;) {
    try {
      const seen = await look();
      if (seen !== null && seen !== undefined && seen !== false) return seen;
      last = seen;
    } catch (error) {
      last = error;
    }
    if (Date.now() > until) throw new Error(`${what} did not come within ${timeout} ms; last: ${String(last)}`);
    await delay(every);
  }
}

interface Queryable {
  query<Ret>(name: string): Promise<Ret>;
}

/** The run's status, once its state is one of `states`. */
export function untilState(handle: Queryable, ...states: RunStatus['state'][]): Promise<RunStatus> {
  return waitFor(`state ${states.join(' or ')}`, async () => {
    const status = await handle.query<RunStatus>('status');
    return states.includes(status.state) ? status : null;
  });
}

/** The run's status, once `holds` is true of it. */
export function untilStatus(
  handle: Queryable,
  what: string,
  holds: (status: RunStatus) => boolean,
): Promise<RunStatus> {
  return waitFor(what, async () => {
    const status = await handle.query<RunStatus>('status');
    return holds(status) ? status : null;
  });
}
