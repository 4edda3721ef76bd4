/** The head of an answer that says how long it is. */
export interface PlainHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Where the body begins, and how many bytes it has. */
  readonly from: number;
  readonly length: number;
  /** The connection ends with it. */
  readonly closes: boolean;
}

const END = Buffer.from('\r\n\r\n');
/** Bytes that a head may have. */
const MOST_HEAD = 64 * 1024;

/**
 * The head at the beginning of `bytes`, if it is of HTTP/1.1 and says how long its body is (RFC 9112).
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
  if (headers['transfer-encoding'] !== undefined || (!bodiless && !/^\d{1,15}$/.test(said ?? ''))) return 'unusual';
  const closes = /\bclose\b/i.test(headers.connection ?? '');
  return { status, headers, from: end + END.length, length: bodiless ? 0 : Number(said), closes };
}
