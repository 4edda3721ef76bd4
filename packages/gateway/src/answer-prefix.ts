import { RESPONSE_CAP } from './capture-entry.ts';

/** The first {@link RESPONSE_CAP} bytes of an answer where they are wanted, and its length always. */
export class AnswerPrefix {
  bytes = 0;
  readonly #cap: number;
  #chunks: Buffer[] = [];
  #kept = 0;

  constructor(wanted: boolean) {
    this.#cap = wanted ? RESPONSE_CAP : 0;
  }

  push(chunk: Buffer): void {
    this.bytes += chunk.length;
    const room = this.#cap - this.#kept;
    if (room <= 0) return;
    const part = chunk.length > room ? chunk.subarray(0, room) : chunk;
    this.#chunks.push(part);
    this.#kept += part.length;
  }

  chunks(): readonly Buffer[] {
    return this.#chunks;
  }

  prefix(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}
