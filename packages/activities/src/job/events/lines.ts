const NEWLINE = 0x0a;

/** One line; of a line longer than the limit, the bytes it begins with. */
export interface Line {
  readonly bytes: Buffer;
  readonly whole: boolean;
}

export interface LineSplitter {
  /** Lines that this chunk completes, without their newline. */
  push(chunk: Buffer): Iterable<Line>;
  /** What came after the last newline. */
  rest(): Buffer;
}

/** Cuts bytes into lines; bytes, because a character may be split between two reads. */
export function lineSplitter(limit: number): LineSplitter {
  let parts: Buffer[] = [];
  let held = 0;
  return {
    *push(chunk) {
      let from = 0;
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
        const line =
          parts.length === 0 ? chunk.subarray(from, end) : Buffer.concat([...parts, chunk.subarray(from, end)]);
        parts = [];
        held = 0;
        from = end + 1;
        yield line.length > limit ? { bytes: line.subarray(0, 1000), whole: false } : { bytes: line, whole: true };
      }
      if (from === chunk.length) return;
      parts.push(Buffer.from(chunk.subarray(from)));
      held += chunk.length - from;
      if (held > limit) yield { bytes: Buffer.concat(parts).subarray(0, 1000), whole: false };
    },
    rest: () => Buffer.concat(parts),
  };
}
