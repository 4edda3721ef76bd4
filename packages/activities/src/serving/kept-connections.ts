import { type Dispatcher, errors, Pool } from 'undici';
import { type Answer, type Exchange, exchange, NoAnswer, transportFailure } from './http-exchange.ts';

/** Connections that are used again, for many small requests. */
export interface KeptConnections {
  /** @throws NoAnswer; the signal's reason when that aborts */
  exchange(request: Exchange): Promise<Answer>;
  close(): void;
}

/** Whoever asks says how long he waits; a connection that nobody uses goes after a while, ms. */
const limits: Pool.Options = {
  connections: null,
  pipelining: 1,
  headersTimeout: 0,
  bodyTimeout: 0,
  keepAliveTimeout: 4_000,
};

export function keptConnections(signal: AbortSignal): KeptConnections {
  const pools = new Map<string, Pool>();
  const poolOf = (origin: string): Pool => {
    const pool = pools.get(origin) ?? new Pool(origin, limits);
    pools.set(origin, pool);
    return pool;
  };
  const close = () => {
    for (const pool of pools.values()) void pool.destroy().catch(() => {});
    pools.clear();
  };
  return {
    async exchange(request) {
      signal.throwIfAborted();
      const giveUp = new AbortController();
      const late = () => giveUp.abort(new NoAnswer('deadline', `no whole answer within ${request.timeout} ms`));
      const timer = setTimeout(late, request.timeout);
      const abort = () => giveUp.abort(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      try {
        return await ask(poolOf(new URL(request.url).origin), request, giveUp.signal);
      } catch (error) {
        signal.throwIfAborted();
        // What undici does not send, Node may, or says why not.
        if (error instanceof errors.InvalidArgumentError) return exchange(request);
        throw giveUp.signal.aborted ? giveUp.signal.reason : failureOf(error);
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
      }
    },
    close,
  };
}

async function ask(pool: Pool, request: Exchange, signal: AbortSignal): Promise<Answer> {
  const { method, headers = {}, body, most = Number.POSITIVE_INFINITY } = request;
  const { pathname, search } = new URL(request.url);
  const said = await pool.request({
    path: pathname + search,
    method: method as Dispatcher.HttpMethod,
    headers: { ...headers },
    body: body ?? null,
    signal,
  });
  const parts: Buffer[] = [];
  // What is said of a body that was not asked for is no answer to read.
  const announced = method === 'HEAD' ? 0 : Number(said.headers['content-length'] ?? 0);
  let bytes = announced > most ? Number.POSITIVE_INFINITY : 0;
  for await (const part of said.body) {
    bytes += part.length;
    if (bytes > most) break; // which ends the connection, and nothing more is read
    parts.push(part);
  }
  if (bytes > most) throw new NoAnswer('too large', `too large: over ${Math.floor(most / 2 ** 20)} MiB`);
  return { status: said.statusCode, headers: said.headers, body: Buffer.concat(parts) };
}

function failureOf(error: unknown): unknown {
  if (error instanceof NoAnswer) return error;
  const { code, cause, socket } = error as Pick<errors.SocketError, 'socket'> & NodeJS.ErrnoException;
  // Of a connection that was reset undici does not say whether it had been used.
  const reused = socket ? (socket.bytesRead ?? 0) > 0 : code === 'ECONNRESET' || code === 'EPIPE';
  const known = code === 'UND_ERR_SOCKET' ? { code: 'ECONNRESET' } : (cause ?? (error as NodeJS.ErrnoException));
  return new NoAnswer('transport', transportFailure(known), reused);
}
