/** The head of an answer that says how long it is, or comes in chunks. */
export interface PlainHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Where the body begins, and how many bytes it has; null: it comes in chunks. */
  readonly from: number;
  readonly length: number | null;
  /** The connection ends with it. */
  readonly closes: boolean;
}

const END = Buffer.from('\r\n\r\n');
/** Bytes that a head may have. */
const MOST_HEAD = 64 * 1024;

/**
 * The head at the beginning of `bytes`, if it is of HTTP/1.1 and says how its body ends (RFC 9112).
 *
 * @returns null while it is not whole; `unusual` for anything else
 */
export function readHead(bytes: Buffer, method: string): PlainHead | null | 'unusual' {
  const end = bytes.indexOf(END);
  if (end === -1) return bytes.length > MOST_HEAD ? 'unusual' : null;
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const found = /^HTTP\/1\.1 ([2-5]\d\d)(?: |$)/.exec(first);
  if (found === null) return 'unusual';
  const status = Number(found[1]);
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    // Folded lines, blanks before the colon, and a length that is said twice have fooled better readers.
    if (colon < 1 || /\s/.test(name) || (name === 'content-length' && Object.hasOwn(headers, name))) return 'unusual';
    headers[name] = line.slice(colon + 1).trim();
  }
  const said = headers['content-length'];
  const bodiless = method === 'HEAD' || status === 204 || status === 304;
  const coding = headers['transfer-encoding']?.toLowerCase();
  const isKnown = coding === undefined ? /^\d{1,15}$/.test(said ?? '') : coding === 'chunked' && said === undefined;
  if (!bodiless && !isKnown) return 'unusual';
  const closes = /\bclose\b/i.test(headers.connection ?? '');
  const length = bodiless ? 0 : coding === undefined ? Number(said) : null;
  return { status, headers, from: end + END.length, length, closes };
}

/** How far the chunks of a body have been read. */
export interface Chunks {
  at: number;
  readonly parts: Buffer[];
  /** Bytes of the body so far. */
  length: number;
  /** Bytes that the chunk on its way still lacks, at least. */
  missing: number;
}

/**
 * Reads the chunks there are (RFC 9112, 7.1), from where it was left.
 *
 * @returns where the body ends, null while it is not whole, `unusual` for trailers and for what is no chunk
 */
export function readChunks(bytes: Buffer, chunks: Chunks): number | null | 'unusual' {
  for (;;) {
    chunks.missing = 1;
    const end = bytes.indexOf('\r\n', chunks.at);
    if (end === -1) return bytes.length - chunks.at > MOST_HEAD ? 'unusual' : null;
    const found = /^([0-9a-f]{1,12})(?:[ \t]*;.*)?$/i.exec(bytes.toString('latin1', chunks.at, end));
    if (found === null) return 'unusual';
    const length = Number.parseInt(found[1] ?? '', 16);
    const from = end + 2;
    if (bytes.length < from + length + 2) {
      chunks.missing = from + length + 2 - bytes.length;
      return null;
    }
    if (bytes[from + length] !== 0x0d || bytes[from + length + 1] !== 0x0a) return 'unusual';
    if (length === 0) return from + 2;
    chunks.parts.push(Buffer.from(bytes.subarray(from, from + length)));
    chunks.length += length;
    chunks.at = from + length + 2;
  }
}
