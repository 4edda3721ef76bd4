import { setTimeout as delay } from 'node:timers/promises';
import { describeError, type RunStatus } from '@sluice/sdk';

/**
 * Awaits a condition by looking again, every 50 ms unless told otherwise. A look that throws is a look in vain, but for
 * errors that no waiting mends.
 *
 * @throws what was last seen and the last error of a look, after `timeout` ms; at once an assertion, which must hold at
 *   every look, and a mistake of the look's code
 */
export async function waitFor<Value>(
  what: string,
  look: () => Promise<Value | null | undefined | false>,
  timeout = 60_000,
  every = 50,
): Promise<Value> {
  const until = Date.now() + timeout;
  let last = 'nothing';
  let failure: unknown;
  for (;;) {
    try {
      const seen = await look();
      if (seen !== null && seen !== undefined && seen !== false) return seen;
      last = String(seen);
    } catch (error) {
      if (isFinal(error)) throw error;
      failure = error;
    }
    if (Date.now() > until) {
      const threw = failure === undefined ? '' : `; last error: ${describeError(failure)}`;
      throw new Error(`${what} did not come within ${timeout} ms; last seen: ${last}${threw}`, { cause: failure });
    }
    await delay(every);
  }
}

function isFinal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // What `fetch` throws where nobody listens is a TypeError as well, and has a cause.
  if (error instanceof TypeError) return error.cause === undefined;
  return error instanceof ReferenceError || error.name === 'AssertionError';
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
