import { setTimeout as delay } from 'node:timers/promises';
import { ErrorCode, errorCode } from '@sluice/sdk';
import type { ChildExit } from './child.ts';

/** What a supervised part must be able to do. */
export interface Part {
  readonly pid: number;
  readonly exited: Promise<ChildExit>;
  kill(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

export type PartEvent =
  | { readonly type: 'starting'; readonly part: string }
  | { readonly type: 'up'; readonly part: string; readonly pid: number; readonly restarts: number }
  | { readonly type: 'died'; readonly part: string; readonly exit: ChildExit }
  | { readonly type: 'start-failed'; readonly part: string; readonly error: unknown; readonly retryMs: number };

export interface SupervisedOptions<P extends Part> {
  readonly name: string;
  /** Starts the part; `restarts` counts from 0. */
  readonly start: (restarts: number) => Promise<P>;
  readonly onEvent: (event: PartEvent) => void;
}

/** Keeps one part of the stack up: whatever ends it, it is started again, with growing waits if it keeps ending. */
export class Supervised<P extends Part> {
  readonly name: string;
  readonly #options: SupervisedOptions<P>;
  #current: P | null = null;
  #stopping = new AbortController();
  #restarts = 0;
  #watch: Promise<void> = Promise.resolve();
  #waiters: ((part: P) => void)[] = [];

  constructor(options: SupervisedOptions<P>) {
    this.name = options.name;
    this.#options = options;
  }

  /** The running process; null while it is being started again. */
  get current(): P | null {
    return this.#current;
  }

  /** First start: what goes wrong is thrown. */
  async begin(): Promise<P> {
    this.#options.onEvent({ type: 'starting', part: this.name });
    const part = await this.#options.start(0);
    if (this.#stopping.signal.aborted) {
      await part.stop();
      throw new Error(`${this.name} was stopped while it started`);
    }
    this.#up(part);
    this.#watch = this.#keepUp(part);
    return part;
  }

  /** Ends the running process by `signal` and waits for its successor. */
  async restart(signal: NodeJS.Signals): Promise<P> {
    const next = this.#next();
    this.#current?.kill(signal);
    return next;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#current?.stop();
    await this.#watch;
  }

  #next(): Promise<P> {
    return new Promise((done) => this.#waiters.push(done));
  }

  #up(part: P): void {
    this.#current = part;
    this.#options.onEvent({ type: 'up', part: this.name, pid: part.pid, restarts: this.#restarts });
    for (const waiter of this.#waiters.splice(0)) waiter(part);
  }

  async #keepUp(first: P): Promise<void> {
    let part = first;
    let wait = 0;
    for (;;) {
      const since = Date.now();
      const exit = await part.exited;
      this.#current = null;
      if (this.#stopping.signal.aborted) return;
      this.#options.onEvent({ type: 'died', part: this.name, exit });
      // A part that runs for a while and dies is started at once; one that dies at once is given time.
      wait = Date.now() - since > 10_000 ? 0 : nextWait(wait);
      const next = await this.#startAgain(wait);
      if (next === null) return;
      part = next;
    }
  }

  async #startAgain(first: number): Promise<P | null> {
    for (let wait = first; ; wait = nextWait(wait)) {
      if (!(await this.#pause(wait))) return null;
      this.#restarts++;
      try {
        const part = await this.#options.start(this.#restarts);
        if (this.#stopping.signal.aborted) {
          await part.stop();
          return null;
        }
        this.#up(part);
        return part;
      } catch (error) {
        if (this.#stopping.signal.aborted) return null;
        const retryMs = nextWait(wait);
        // Its port may be held for a moment by what its former process left.
        const patient = errorCode(error) === ErrorCode.PortInUse && wait < 2000;
        if (!patient) this.#options.onEvent({ type: 'start-failed', part: this.name, error, retryMs });
      }
    }
  }

  async #pause(wait: number): Promise<boolean> {
    try {
      await delay(wait, undefined, { signal: this.#stopping.signal });
      return true;
    } catch {
      return false;
    }
  }
}

function nextWait(wait: number): number {
  return wait === 0 ? 100 : Math.min(wait * 2, 15_000);
}
