import net from 'node:net';
import { type Answer, type Exchange, exchange, NoAnswer, transportFailure } from './http-exchange.ts';
import { type Chunks, type PlainHead, readChunks, readHead } from './plain-answer.ts';

/** Connections that are used again, for many small requests: {@link exchange} for a third of its processor time. */
export interface PlainConnections {
  /** @throws NoAnswer; the signal's reason when that aborts */
  exchange(request: Exchange): Promise<Answer>;
  close(): void;
}

interface Line {
  readonly socket: net.Socket;
  used: boolean;
  /** The answer so far, how many bytes that is, and how many there must be before more can be said. */
  parts: Buffer[];
  bytes: number;
  needed: number;
  /** Of an answer in chunks: its head, and what has been read of its body. */
  head: PlainHead | null;
  chunks: Chunks | null;
  waiting: Waiting | null;
}

interface Waiting {
  readonly request: Exchange;
  readonly timer: NodeJS.Timeout;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** Not said in the plain way that is read here; to be asked by Node's own client. */
class Unusual extends Error {}

/** Bytes of a body that is cheaper to copy than to send apart. */
const SMALL = 64 * 1024;
const ODD_IN_HEADER = /[^\t\x20-\x7e\x80-\xff]/;
const ODD_IN_PATH = /[^\x21-\x7e]/;

/**
 * Reads answers of HTTP/1.1 that say how long they are or come in chunks, which is what model servers send. The first of a
 * server that is anything else (HTTP/1.0, trailers) has it asked by Node's own client from then on, that request once more.
 */
export function plainConnections(signal: AbortSignal): PlainConnections {
  const idle = new Map<string, Line[]>();
  const open = new Set<Line>();
  const unusual = new Set<string>();
  const end = () => {
    for (const { socket } of open) socket.destroy();
  };
  signal.addEventListener('abort', end, { once: true });

  const ask = (request: Exchange, url: URL): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const line = idle.get(url.host)?.pop() ?? connect(url);
      const timer = setTimeout(() => {
        fail(line, new NoAnswer('deadline', `no whole answer within ${request.timeout} ms`));
      }, request.timeout);
      line.waiting = { request, timer, resolve, reject };
      write(line.socket, request, url);
    });

  const connect = (url: URL): Line => {
    const socket = net.connect({ port: Number(url.port || 80), host: url.hostname, noDelay: true });
    const line: Line = { socket, used: false, parts: [], bytes: 0, needed: 0, head: null, chunks: null, waiting: null };
    open.add(line);
    socket.on('data', (part) => take(line, part, url.host));
    socket.on('error', (error) => fail(line, broken(line, error)));
    for (const end of ['close', 'end']) socket.on(end, () => fail(line, broken(line, { code: 'ECONNRESET' })));
    return line;
  };

  const take = (line: Line, part: Buffer, host: string): void => {
    line.parts.push(part);
    line.bytes += part.length;
    // Put together when there may be something new to read, not for every piece of a large answer.
    if (line.bytes < line.needed) return;
    const answer = whole(line);
    if (answer === null) return;
    if (answer instanceof Error) {
      fail(line, answer);
      return;
    }
    const { waiting } = line;
    clearTimeout(waiting?.timer);
    Object.assign(line, { waiting: null, parts: [], bytes: 0, needed: 0, head: null, chunks: null, used: true });
    if (answer.closes) drop(line);
    else idle.set(host, [...(idle.get(host) ?? []), line]);
    waiting?.resolve(answer);
  };

  const drop = (line: Line): void => {
    open.delete(line);
    line.socket.destroy();
    for (const [host, lines] of idle) {
      if (lines.includes(line))
        idle.set(
          host,
          lines.filter((one) => one !== line),
        );
    }
  };

  const fail = (line: Line, error: Error): void => {
    const { waiting } = line;
    line.waiting = null;
    drop(line);
    if (waiting === null) return;
    clearTimeout(waiting.timer);
    waiting.reject(error);
  };

  return {
    async exchange(request) {
      signal.throwIfAborted();
      const url = new URL(request.url);
      if (unusual.has(url.host) || !isPlain(request, url)) return exchange(request);
      try {
        return await ask(request, url);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof Unusual)) throw error;
        unusual.add(url.host);
        return exchange(request);
      }
    },
    close() {
      signal.removeEventListener('abort', end);
      end();
    },
  };
}

/** The answer, null while it is not whole, or why there will be none. */
function whole(line: Line): (Answer & { readonly closes: boolean }) | null | Error {
  if (line.waiting === null) return new Unusual();
  const { method, most = Number.POSITIVE_INFINITY } = line.waiting.request;
  const bytes = line.parts.length === 1 ? (line.parts[0] as Buffer) : Buffer.concat(line.parts);
  line.parts = [bytes];
  const head = line.head ?? readHead(bytes, method);
  if (head === null) return null;
  if (head === 'unusual') return new Unusual();
  const { status, headers, length, from, closes } = head;
  const tooLarge = () => new NoAnswer('too large', `too large: over ${Math.floor(most / 2 ** 20)} MiB`);
  if (length === null) {
    line.head = head;
    line.chunks ??= { at: from, parts: [], length: 0, missing: 1 };
    const end = readChunks(bytes, line.chunks);
    if (line.chunks.length > most || (end === null && line.chunks.length + line.chunks.missing > most + 2))
      return tooLarge();
    if (end === null) {
      // What has been read is not put together again with what comes.
      line.parts = [bytes.subarray(line.chunks.at)];
      line.chunks.at = 0;
      line.needed = line.bytes + line.chunks.missing;
      return null;
    }
    if (end !== bytes.length) return new Unusual();
    return { status, headers, body: Buffer.concat(line.chunks.parts), closes };
  }
  if (length > most) return tooLarge();
  line.needed = from + length;
  if (bytes.length < line.needed) return null;
  // More than was said: whose answer the next one is, nobody could tell.
  if (bytes.length > line.needed) return new Unusual();
  return { status, headers, body: Buffer.from(bytes.subarray(from)), closes };
}

function broken({ used }: Line, error: Pick<NodeJS.ErrnoException, 'code'> & { readonly message?: string }): NoAnswer {
  return new NoAnswer('transport', transportFailure(error), used);
}

function isPlain({ headers = {} }: Exchange, { pathname, search, protocol }: URL): boolean {
  const odd = Object.entries(headers).some(
    ([name, value]) => !/^[\w!#$%&'*+.^`|~-]+$/.test(name) || ODD_IN_HEADER.test(value),
  );
  return protocol === 'http:' && !odd && !ODD_IN_PATH.test(pathname + search);
}

function write(socket: net.Socket, { method, headers = {}, body }: Exchange, url: URL): void {
  let head = `${method} ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\nconnection: keep-alive\r\n`;
  for (const [name, value] of Object.entries(headers)) head += `${name}: ${value}\r\n`;
  if (body === undefined) socket.write(`${head}\r\n`, 'latin1');
  else {
    const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
    head += `content-length: ${bytes.length}\r\n\r\n`;
    if (bytes.length <= SMALL) socket.write(head + bytes.toString('latin1'), 'latin1');
    else {
      socket.write(head, 'latin1');
      socket.write(bytes);
    }
  }
}
