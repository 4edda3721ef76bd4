import type { DesiredState } from './state-file.ts';

const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 30_000;
/** A disk that hangs must not keep a change from being confirmed. */
const WAIT_MS = 1000;

/**
 * Keeps the file in step with the state. What is asked for is in force already, so a save that fails fails nobody: it
 * is tried again, with growing pauses, and with the latest state, until it is done.
 */
export class StateSaver {
  readonly #write: (state: DesiredState) => Promise<void>;
  #latest: DesiredState | null = null;
  /** Counts the states: asked for, and on disk. */
  #asked = 0;
  #saved = 0;
  #turn: Promise<void> = Promise.resolve();
  #retry: NodeJS.Timeout | null = null;
  #failing = false;
  #pause = FIRST_PAUSE_MS;

  constructor(write: (state: DesiredState) => Promise<void>) {
    this.#write = write;
  }

  /** False from a save that failed, or takes too long, until the latest state is on disk. */
  get durable(): boolean {
    return !this.#failing;
  }

  /** Resolves when this state, or a later one, is on disk, could not be saved, or takes longer than a second. */
  async save(state: DesiredState): Promise<void> {
    this.#latest = state;
    this.#asked += 1;
    const mine = this.#asked;
    this.#turn = this.#turn.then(() => this.#attempt(mine));
    await this.#settled();
  }

  /** Ends the retries; what is not on disk yet is tried once more. */
  async close(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#attempt(this.#asked));
    await this.#settled();
    if (this.#retry) clearTimeout(this.#retry);
  }

  /** What was tried has an end, or takes too long. */
  async #settled(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.#failing = true;
        resolve();
      }, WAIT_MS);
    });
    await Promise.race([this.#turn, late]);
    clearTimeout(timer);
  }

  async #attempt(upTo: number): Promise<void> {
    if (this.#latest === null || this.#saved >= upTo) return;
    const asked = this.#asked;
    try {
      await this.#write(this.#latest);
      this.#saved = asked;
      this.#failing = this.#saved < this.#asked && this.#failing;
      this.#pause = FIRST_PAUSE_MS;
    } catch (error) {
      this.#failing = true;
      console.error(`The gateway's state could not be saved and is tried again in ${this.#pause} ms: ${String(error)}`);
      this.#later();
    }
  }

  #later(): void {
    if (this.#retry) return;
    this.#retry = setTimeout(() => {
      this.#retry = null;
      this.#turn = this.#turn.then(() => this.#attempt(this.#asked));
    }, this.#pause);
    this.#retry.unref();
    this.#pause = Math.min(MAX_PAUSE_MS, this.#pause * 2);
  }
}
