/** A line longer than this is no request that anyone sent here. */
const LONGEST = 64 * 1024 * 1024;
const NEWLINE = 0x0a;

/** The lines of a stream of bytes, empty ones left out; null for one that is too long. Holds one line at a time. */
export async function* linesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string | null> {
  let parts: Uint8Array[] = [];
  let length = 0;
  const take = (part: Uint8Array) => {
    length += part.length;
    if (length > LONGEST) parts = [];
    else parts.push(part);
  };
  const line = () => (length > LONGEST ? null : Buffer.concat(parts).toString('utf8'));
  for await (const chunk of stream) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      take(chunk.subarray(from, end));
      if (length > 0) yield line();
      parts = [];
      length = 0;
      from = end + 1;
    }
    if (from < chunk.length) take(chunk.subarray(from));
  }
  if (length > 0) yield line();
}
