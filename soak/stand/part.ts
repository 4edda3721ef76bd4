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
  #starting: Promise<void> | null = null;
  #wanted = false;
  #worked = false;

  constructor(name: string, start: () => Promise<PartProcess>) {
    this.name = name;
    this.#start = start;
  }

  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  /** Starts it, and again whenever it ends by itself. @throws what its first start throws */
  async up(): Promise<void> {
    this.#wanted = true;
    this.#starting ??= this.#startUntilUp().finally(() => {
      this.#starting = null;
    });
    await this.#starting;
    this.#over();
  }

  async #startUntilUp(): Promise<void> {
    for (let wait = 100; this.#process === null && this.#wanted; wait = Math.min(wait * 2, 2000)) {
      try {
        const process = await this.#start();
        this.#process = process;
        this.#worked = true;
        void process.exited.then(() => this.#ended(process));
      } catch (error) {
        if (!this.#worked) throw error;
        // Its port may still be held by what its former process left, or what it needs is down as well.
        await delay(wait);
      }
    }
  }

  #ended(process: PartProcess): void {
    if (this.#process !== process) return;
    this.#process = null;
    if (this.#wanted) void this.up();
  }

  async kill(): Promise<void> {
    this.#wanted = false;
    this.#began('killed');
    await this.#starting;
    const process = this.#process;
    this.#process = null;
    signal(process?.pid, 'SIGKILL');
    await process?.exited;
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
