import { Agent, type ClientRequest, type IncomingMessage, type InformationEvent, request } from 'node:http';

/**
 * One agent for all model servers. Free sockets are dropped after a second: well before the servers' own keep-alive
 * limits (gunicorn 2 s, uvicorn 5 s), so that a request never meets a connection that is being closed.
 */
const agent = new Agent({ keepAlive: true, maxFreeSockets: 128, timeout: 1000, scheduling: 'lifo' });

/** A server that is just being started again gets so long before the one retry. */
const RETRY_AFTER_MS = 100;

export interface UpstreamRequest {
  /** The model server's loopback port now; null while it has none. */
  port: () => number | null;
  method: string;
  path: string;
  headers: (port: number) => string[];
}

export interface UpstreamEvents {
  /** There is a connection: the body may be sent. Not called before, so that a refused connection costs no byte of it. */
  connected(upstream: ClientRequest): void;
  /** An answer before the answer, 100 or 102 or 103. */
  informed?(information: InformationEvent): void;
  /** The answer has begun. */
  response(message: IncomingMessage): void;
  /** Refused twice, reset, or broken off, before or during the answer. */
  failed(error: NodeJS.ErrnoException): void;
}

/**
 * Opens a request to a model server on loopback; a refused connection is tried once more. `failed` is called at most
 * once, and never after the answer's end.
 *
 * @returns lets go of it
 */
export function openUpstream(asked: UpstreamRequest, events: UpstreamEvents): () => void {
  let over = false;
  let retried = false;
  let answered = false;
  let upstream: ClientRequest | null = null;
  let retry: NodeJS.Timeout | undefined;
  const fail = (error: NodeJS.ErrnoException) => {
    if (over) return;
    over = true;
    events.failed(error);
  };
  const send = () => {
    const port = asked.port();
    if (port === null) return fail(error('it has no port', 'ECONNREFUSED'));
    const { method, path } = asked;
    const headers = asked.headers(port);
    const outgoing = request({ host: '127.0.0.1', port, method, path, headers, agent, setHost: false });
    upstream = outgoing;
    outgoing.once('socket', (socket) => {
      if (socket.connecting) socket.once('connect', () => over || events.connected(outgoing));
      else if (!over) events.connected(outgoing);
    });
    outgoing.on('response', (message) => {
      answered = true;
      message.on('end', () => {
        over = true;
      });
      message.on('error', fail);
      message.on('close', () => {
        if (!message.complete) fail(error('the answer broke off', 'ECONNRESET'));
      });
      events.response(message);
    });
    if (events.informed) outgoing.on('information', events.informed);
    // Without a listener Node drops the connection in silence.
    outgoing.on('upgrade', (_message, socket) => {
      socket.destroy();
      fail(error('it switched protocols, which nobody asked for', 'EPROTO'));
    });
    outgoing.on('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ECONNREFUSED' && !retried && !over) {
        retried = true;
        retry = setTimeout(send, RETRY_AFTER_MS);
      } else if (!answered) {
        // A server may answer before it has read the whole body; what then goes wrong while writing does not matter.
        fail(cause);
      }
    });
  };
  send();
  return () => {
    over = true;
    clearTimeout(retry);
    upstream?.destroy();
  };
}

const error = (message: string, code: string): NodeJS.ErrnoException => Object.assign(new Error(message), { code });
