/** What a bench has started and has to end again. */
export interface Scope {
  /** Runs `end` when the scope closes; the last one first. */
  defer(end: () => unknown): void;
  /** Aborted when the body is given up; it may still be running then. */
  readonly signal: AbortSignal;
}

/**
 * Runs `body`, then ends what it deferred, also when it throws or somebody aborts.
 *
 * @throws the body's error; an `AbortError` when `signal` fires first.
 */
export async function inScope<Value>(signal: AbortSignal, body: (scope: Scope) => Promise<Value>): Promise<Value> {
  const ends: (() => unknown)[] = [];
  const aborted = new Promise<never>((_, failed) => {
    const abort = () => failed(new DOMException('interrupted', 'AbortError'));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
  const running = body({ defer: (end) => void ends.push(end), signal });
  running.catch(() => {}); // what fails after an interruption fails because of it
  try {
    return await Promise.race([running, aborted]);
  } finally {
    // What the body still starts while it is being interrupted is ended as well.
    for (let end = ends.pop(); end !== undefined; end = ends.pop()) await quietly(end);
  }
}

async function quietly(end: () => unknown): Promise<void> {
  try {
    await end();
  } catch {
    // The others have to end too.
  }
}
