/** Bytes all requests together may hold for capture and mirror. */
const BUDGET = 256 * 1024 * 1024;
let held = 0;

/** Keeps a copy of a stream's bytes up to a limit; gives up, and the memory back, beyond it. */
export class BodyTee {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #gone = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(chunk: Buffer): void {
    if (this.#gone) return;
    if (this.#bytes + chunk.length > this.#limit || held + chunk.length > BUDGET) {
      this.release();
      return;
    }
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    held += chunk.length;
  }

  /** Everything pushed, or null when it was too much or is released. */
  whole(): Buffer | null {
    if (this.#gone) return null;
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? null;
  }

  /** Everything pushed, as it came, or null as for {@link whole}. */
  chunks(): readonly Buffer[] | null {
    return this.#gone ? null : this.#chunks;
  }

  release(): void {
    this.#gone = true;
    held -= this.#bytes;
    this.#chunks = [];
    this.#bytes = 0;
  }
}
