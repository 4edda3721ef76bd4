/** How long nothing may move before a request is given up, ms. */
export interface Limits {
  /** From the last byte of the request to the first of the answer, and between two parts of the request. */
  deadlineMs: number;
  /** Between two parts of the answer. */
  idleMs: number;
}

/** Runs out when nothing moves: an answer that goes on is never cut, however long it is. */
export class Patience {
  readonly #limits: Limits;
  readonly #late: () => void;
  #timer: NodeJS.Timeout;
  #answering = false;
  #over = false;

  constructor(limits: Limits, late: () => void) {
    this.#limits = limits;
    this.#late = late;
    this.#timer = setTimeout(late, limits.deadlineMs);
  }

  /** The limit that counts now, ms. */
  get limitMs(): number {
    return this.#answering ? this.#limits.idleMs : this.#limits.deadlineMs;
  }

  /** Something moved: the time begins anew. */
  moved(): void {
    // A cleared timer that is refreshed runs again.
    if (!this.#over) this.#timer.refresh();
  }

  /** The answer has begun. */
  answering(): void {
    if (this.#over) return;
    this.#answering = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#late, this.#limits.idleMs);
  }

  end(): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }
}
