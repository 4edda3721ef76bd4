import { setTimeout as wait } from 'node:timers/promises';

/** What the work says; after so many ms an error, while what was begun goes on unheard. */
export async function within<Value>(work: Promise<Value>, limit: number): Promise<Value> {
  work.catch(() => {});
  const timer = new AbortController();
  const late = wait(limit, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`no answer within ${limit / 1000} s`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.abort();
  }
}
