import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';

/**
 * One agent for all model servers. Free sockets are dropped after a second: well before the servers' own keep-alive
 * limits (gunicorn 2 s, uvicorn 5 s), so that a request never meets a connection that is being closed.
 */
const agent = new Agent({ keepAlive: true, maxFreeSockets: 128, timeout: 1000, scheduling: 'lifo' });

export interface UpstreamRequest {
  port: number;
  method: string;
  path: string;
  headers: string[];
}

export interface UpstreamEvents {
  /** The answer has begun. */
  response(message: IncomingMessage): void;
  /** Refused, reset, or broken off, before or during the answer. */
  failed(error: NodeJS.ErrnoException): void;
}

/** Opens a request to a model server on loopback. `failed` is called at most once, and never after the answer's end. */
export function openUpstream({ port, method, path, headers }: UpstreamRequest, events: UpstreamEvents): ClientRequest {
  let over = false;
  let answered = false;
  const fail = (error: NodeJS.ErrnoException) => {
    if (over) return;
    over = true;
    events.failed(error);
  };
  const upstream = request({ host: '127.0.0.1', port, method, path, headers, agent, setHost: false });
  upstream.on('response', (message) => {
    answered = true;
    message.on('end', () => {
      over = true;
    });
    message.on('error', fail);
    message.on('close', () => {
      if (!message.complete) fail(Object.assign(new Error('the answer broke off'), { code: 'ECONNRESET' }));
    });
    events.response(message);
  });
  upstream.on('error', (error) => {
    // A server may answer before it has read the whole body; what then goes wrong while writing does not matter.
    if (!answered) fail(error);
  });
  return upstream;
}
