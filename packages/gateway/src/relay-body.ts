import type { ClientRequest, IncomingMessage } from 'node:http';

/** A server that does not care for `Expect: 100-continue` gets the body all the same after this time, ms. */
const CONTINUE_MS = 1000;

export interface BodyEvents {
  data(chunk: Buffer): void;
  /** The caller has sent everything. */
  end(): void;
  /** The caller may send its body: it waits for `100 Continue`. */
  proceed(): void;
}

/** Passes the caller's body on, trailers and all; where the caller waits to be asked for it, when the server asks. */
export function relayBody(req: IncomingMessage, upstream: ClientRequest, events: BodyEvents): void {
  const start = () => {
    req.on('data', (chunk: Buffer) => events.data(chunk));
    // Before the pipe ends the request.
    req.on('end', () => {
      if (req.rawTrailers.length > 0) upstream.addTrailers(pairs(req.rawTrailers));
      events.end();
    });
    req.pipe(upstream);
  };
  if (!expectsContinue(req)) {
    start();
    return;
  }
  upstream.flushHeaders();
  const stop = () => clearTimeout(timer);
  const proceed = () => {
    stop();
    upstream.off('continue', proceed);
    if (upstream.destroyed) return;
    events.proceed();
    start();
  };
  const timer = setTimeout(proceed, CONTINUE_MS);
  upstream.once('continue', proceed);
  // It answers without the body: then it is nobody's.
  upstream.once('response', stop);
  upstream.once('close', stop);
}

export const expectsContinue = (req: IncomingMessage): boolean => req.headers.expect?.toLowerCase() === '100-continue';

/** A flat list of names and values as Node takes trailers. */
export function pairs(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, i): [string, string][] => (i % 2 === 0 ? [[name, raw[i + 1] ?? '']] : []));
}
