import http from 'node:http';
import https from 'node:https';

export interface Exchange {
  readonly url: string;
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  /** For the whole answer, milliseconds. */
  readonly timeout: number;
  /** Most bytes of an answer; one that is longer is given up. @default any */
  readonly most?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Why no whole answer came: nobody answered properly, or not in time, or too much. */
export class NoAnswer extends Error {
  readonly kind: 'transport' | 'deadline' | 'too large';
  /** The connection may have been used before: that it broke may say nothing of this request. */
  readonly reused: boolean;

  constructor(kind: NoAnswer['kind'], message: string, reused = false) {
    super(message);
    this.name = 'NoAnswer';
    this.kind = kind;
    this.reused = reused;
  }
}

/**
 * One HTTP request on a connection of its own, any method with any body.
 *
 * @throws NoAnswer; the signal's reason when that aborts.
 */
export function exchange(request: Exchange): Promise<Answer> {
  const { signal } = request;
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const { request: send } = request.url.startsWith('https:') ? https : http;
    const outgoing = send(request.url, {
      method: request.method,
      headers: { ...request.headers, ...lengthOf(request) },
      agent: false,
    });
    const fail = (kind: NoAnswer['kind'], message: string) => {
      finish();
      outgoing.destroy();
      reject(new NoAnswer(kind, message));
    };
    const timer = setTimeout(() => fail('deadline', `no whole answer within ${request.timeout} ms`), request.timeout);
    const abort = () => {
      finish();
      outgoing.destroy();
      reject(signal?.reason as Error);
    };
    const finish = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    signal?.addEventListener('abort', abort, { once: true });
    outgoing.on('error', (error) => fail('transport', transportFailure(error)));
    outgoing.on('response', (incoming) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      incoming.on('data', (part: Buffer) => {
        bytes += part.length;
        if (request.most !== undefined && bytes > request.most) {
          parts.length = 0;
          fail('too large', `too large: over ${Math.floor(request.most / 2 ** 20)} MiB`);
        } else parts.push(part);
      });
      incoming.on('error', (error) => fail('transport', transportFailure(error)));
      incoming.on('end', () => {
        finish();
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(parts) });
      });
    });
    outgoing.end(request.body);
  });
}

/** Spelled out even for methods that usually carry no body: without it the server would not see one. */
function lengthOf({ body }: Exchange): Record<string, string> {
  return body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
}

/** Without address and port, which differ from run to run. */
export function transportFailure(error: { readonly code?: string | undefined; readonly message?: string }): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'connection broken';
    default:
      return error.code ?? error.message ?? 'connection broken';
  }
}
