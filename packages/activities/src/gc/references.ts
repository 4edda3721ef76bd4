/** Digests that texts name, as 64 hex digits. Whatever looks like one counts: an artifact is kept once too often. */
export type References = Set<string>;

/** Of exactly 64: part of a longer run of hex digits is something else. */
const digest = /(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/g;
/** As much of the digits at a chunk's end as shows whether they are too many. */
const overlap = 65;

export function referencesIn(text: string, into: References): void {
  for (const [hex] of text.matchAll(digest)) into.add(hex);
}

/** Reads bytes in chunks, of any size, and finds what they name. */
export async function referencesInBytes(chunks: AsyncIterable<Uint8Array>, into: References): Promise<void> {
  let rest = '';
  for await (const chunk of chunks) {
    const text = rest + latin1(chunk);
    // The last digits may go on in the next chunk, so they are read with it.
    let end = text.length;
    while (end > 0 && /[0-9a-f]/.test(text.charAt(end - 1))) end -= 1;
    referencesIn(text.slice(0, end), into);
    rest = text.slice(end).slice(-overlap);
  }
  referencesIn(rest, into);
}

/** Like {@link referencesInBytes}, but of JSON only: a gigabyte of weights names nothing. */
export async function referencesInJson(chunks: AsyncIterable<Uint8Array>, into: References): Promise<void> {
  await referencesInBytes(ifJson(chunks), into);
}

async function* ifJson(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let first = true;
  for await (const chunk of chunks) {
    if (first && chunk.length > 0 && !/^\s*["[{]/.test(latin1(chunk.subarray(0, 64)))) return;
    if (chunk.length > 0) first = false;
    yield chunk;
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
