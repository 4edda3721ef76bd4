import { setTimeout as delay } from 'node:timers/promises';

/** A process of the stand. */
export interface PartProcess {
  readonly pid: number;
  readonly exited: Promise<unknown>;
  stop(): Promise<void>;
}

/** When a part did not work, by whose clock ours is the same; `to` is infinite while it lasts. */
export interface Outage {
  readonly part: string;
  readonly how: 'killed' | 'paused';
  readonly from: number;
  readonly to: number;
}

/** A process that is kept up, but for the time in which it was killed or paused on purpose. */
export class Part {
  readonly name: string;
  readonly outages: Outage[] = [];
  readonly #start: () => Promise<PartProcess>;
  #process: PartProcess | null = null;
  #wanted = false;

  constructor(name: string, start: () => Promise<PartProcess>) {
    this.name = name;
    this.#start = start;
  }

  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  /** Starts it, and again whenever it ends by itself. */
  async up(): Promise<void> {
    this.#wanted = true;
    for (let wait = 100; this.#process === null && this.#wanted; wait = Math.min(wait * 2, 2000)) {
      this.#process = await this.#start().catch(async (error: unknown) => {
        // Its port may still be held by what its former process left, or what it needs is down as well.
        if (this.outages.length === 0) throw error;
        await delay(wait);
        return null;
      });
    }
    const now = this.#process;
    void now?.exited.then(() => {
      if (this.#process !== now) return;
      this.#process = null;
      if (this.#wanted) void this.up();
    });
    this.#over();
  }

  async kill(): Promise<void> {
    this.#wanted = false;
    const process = this.#process;
    this.#began('killed');
    signal(process?.pid, 'SIGKILL');
    await process?.exited;
    this.#process = null;
  }

  pause(): void {
    this.#began('paused');
    signal(this.#process?.pid, 'SIGSTOP');
  }

  resume(): void {
    signal(this.#process?.pid, 'SIGCONT');
    this.#over();
  }

  async stop(): Promise<void> {
    this.#wanted = false;
    signal(this.#process?.pid, 'SIGCONT');
    await this.#process?.stop();
  }

  #began(how: Outage['how']): void {
    this.#over();
    this.outages.push({ part: this.name, how, from: Date.now(), to: Number.POSITIVE_INFINITY });
  }

  #over(): void {
    const last = this.outages.at(-1);
    if (last?.to === Number.POSITIVE_INFINITY) this.outages.splice(-1, 1, { ...last, to: Date.now() });
  }
}

/** Sends a signal to a process that may be gone. */
export function signal(pid: number | null | undefined, name: NodeJS.Signals): boolean {
  if (pid === null || pid === undefined) return false;
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}
