import { Client, type Dispatcher, errors } from 'undici';
import { type Answer, type Exchange, exchange, NoAnswer, transportFailure } from './http-exchange.ts';

/** Connections that are used again, for many small requests. */
export interface KeptConnections {
  /** @throws NoAnswer; the signal's reason when that aborts */
  exchange(request: Exchange): Promise<Answer>;
  close(): void;
}

/** Whoever asks says how long he waits; a connection that nobody uses goes after a while, ms. */
const limits: Client.Options = {
  pipelining: 1,
  headersTimeout: 0,
  bodyTimeout: 0,
  keepAliveTimeout: 4_000,
};

/** A connection for each request that is under way, so that none waits for another. */
export function keptConnections(signal: AbortSignal): KeptConnections {
  const all = new Set<Client>();
  const free = new Map<string, Client[]>();
  const freeAt = (origin: string): Client[] => {
    const found = free.get(origin) ?? [];
    free.set(origin, found);
    return found;
  };
  const connect = (origin: string): Client => {
    const client = new Client(origin, limits);
    all.add(client);
    return client;
  };
  /** Where something went wrong, the next request has a new one. */
  const drop = (client: Client) => {
    all.delete(client);
    void client.destroy().catch(() => {});
  };
  const close = () => {
    signal.removeEventListener('abort', close);
    for (const client of all) drop(client);
    free.clear();
  };
  signal.addEventListener('abort', close);
  return {
    async exchange(request) {
      signal.throwIfAborted();
      const { url } = request;
      const end = url.indexOf('/', url.indexOf('://') + 3);
      const origin = end === -1 ? url : url.slice(0, end);
      const idle = freeAt(origin);
      const client = idle.pop() ?? connect(origin);
      try {
        // The path as it is: that of a captured request has come like this, and a URL would take `/a/../b` for `/b`.
        const answer = await ask(client, end === -1 ? '/' : url.slice(end), request);
        idle.push(client);
        return answer;
      } catch (error) {
        drop(client);
        signal.throwIfAborted();
        // What undici does not send, Node may, or says why not.
        if (error instanceof errors.InvalidArgumentError) return exchange(request);
        throw failureOf(error);
      }
    },
    close,
  };
}

/** By dispatch: a stream for each answer would take a third more time (docs/benchmarks.md). */
function ask(client: Client, path: string, request: Exchange): Promise<Answer> {
  const { method, headers: sent = {}, body, timeout, most = Number.POSITIVE_INFINITY } = request;
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let [status, bytes] = [0, 0];
    let headers: Answer['headers'] = {};
    let started: Dispatcher.DispatchController | null = null;
    let givenUp: NoAnswer | null = null;
    const giveUp = (kind: NoAnswer['kind'], why: string) => {
      clearTimeout(timer);
      givenUp = new NoAnswer(kind, why);
      reject(givenUp);
      started?.abort(givenUp); // which ends the connection, and nothing more is read
    };
    const timer = setTimeout(() => giveUp('deadline', `no whole answer within ${timeout} ms`), timeout);
    const tooLarge = () => giveUp('too large', `too large: over ${Math.floor(most / 2 ** 20)} MiB`);
    const options = { path, method: method as Dispatcher.HttpMethod, headers: sent, body: body ?? null };
    client.dispatch(options, {
      onRequestStart(controller) {
        started = controller;
        if (givenUp !== null) controller.abort(givenUp);
      },
      onResponseStart(_, code, said) {
        if (code < 200) return;
        status = code;
        headers = said;
        // What is said of a body that was not asked for is no answer to read.
        const announced = method === 'HEAD' ? 0 : Number(said['content-length'] ?? 0);
        if (announced > most) tooLarge();
      },
      onResponseData(_, part) {
        bytes += part.length;
        if (bytes > most) tooLarge();
        else parts.push(part);
      },
      onResponseEnd() {
        clearTimeout(timer);
        resolve({ status, headers, body: Buffer.concat(parts) });
      },
      onResponseError(_, error) {
        clearTimeout(timer);
        reject(error);
      },
    });
  });
}

function failureOf(error: unknown): unknown {
  if (error instanceof NoAnswer) return error;
  const { code, cause, socket } = error as Pick<errors.SocketError, 'socket'> & NodeJS.ErrnoException;
  // Of a connection that was reset undici does not say whether it had been used.
  const reused = socket ? (socket.bytesRead ?? 0) > 0 : code === 'ECONNRESET' || code === 'EPIPE';
  const known = code === 'UND_ERR_SOCKET' ? { code: 'ECONNRESET' } : (cause ?? (error as NodeJS.ErrnoException));
  return new NoAnswer('transport', transportFailure(known), reused);
}
