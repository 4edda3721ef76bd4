const NEWLINE = 0x0a;
/** What is kept of a line longer than the limit, bytes. */
const HEAD = 16 * 1024;

/** One line; of a line longer than the limit, the bytes it begins with. */
export interface Line {
  readonly bytes: Buffer;
  readonly whole: boolean;
  /** Bytes of the whole line, without its newline. */
  readonly length: number;
}

export interface LineSplitter {
  /** Lines that this chunk completes, without their newline. */
  push(chunk: Buffer): Iterable<Line>;
  /** What came after the last newline. */
  rest(): Line;
}

/** Cuts bytes into lines; bytes, because a character may be split between two reads. Holds `limit` bytes at most. */
export function lineSplitter(limit: number): LineSplitter {
  let parts: Buffer[] = [];
  let held = 0;
  let length = 0;

  const hold = (bytes: Buffer): void => {
    length += bytes.length;
    if (held === HEAD && length > limit) return;
    parts.push(Buffer.from(bytes));
    held += bytes.length;
    if (length <= limit) return;
    parts = [Buffer.from(Buffer.concat(parts).subarray(0, HEAD))];
    held = HEAD;
  };
  const take = (last: Buffer): Line => {
    if (parts.length === 0 && last.length <= limit) return { bytes: last, whole: true, length: last.length };
    hold(last);
    const line = { bytes: Buffer.concat(parts), whole: length <= limit, length };
    parts = [];
    held = 0;
    length = 0;
    return line;
  };

  return {
    *push(chunk) {
      let from = 0;
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
        const line = take(chunk.subarray(from, end));
        from = end + 1;
        yield line;
      }
      if (from < chunk.length) hold(chunk.subarray(from));
    },
    rest: () => ({ bytes: Buffer.concat(parts), whole: length <= limit, length }),
  };
}
