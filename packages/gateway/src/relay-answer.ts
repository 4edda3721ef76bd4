import type { IncomingMessage, InformationEvent, ServerResponse } from 'node:http';
import { pairs } from './relay-body.ts';

export interface RelayEvents {
  data(chunk: Buffer): void;
  /** The model server has sent everything; `finish` sends the caller the rest. */
  end(finish: () => void): void;
}

/**
 * Passes the body of an answer on, no faster than the caller takes it. Bytes wait for the end of the turn, so that a
 * small answer leaves whole, head and all, in one write, and the head of a stream leaves at once.
 */
export function relayAnswer(message: IncomingMessage, res: ServerResponse, events: RelayEvents): void {
  let pending: Buffer | null = null;
  let scheduled = false;
  const passOn = () => {
    scheduled = false;
    if (res.writableEnded || res.destroyed) return;
    if (!pending) res.flushHeaders();
    else if (!res.write(pending)) message.pause();
    pending = null;
  };
  const schedule = () => {
    if (!scheduled) setImmediate(passOn);
    scheduled = true;
  };
  schedule();
  message.on('data', (chunk: Buffer) => {
    events.data(chunk);
    if (pending) passOn();
    pending = chunk;
    schedule();
  });
  res.on('drain', () => message.resume());
  message.on('end', () =>
    events.end(() => {
      if (message.rawTrailers.length > 0) res.addTrailers(pairs(message.rawTrailers));
      if (pending) res.end(pending);
      else res.end();
    }),
  );
}

/** Passes `103 Early Hints` and `102 Processing` on; what else is said before an answer, callers do not know. */
export function relayInformation(information: InformationEvent, req: IncomingMessage, res: ServerResponse): void {
  if (res.headersSent || req.httpVersion === '1.0') return;
  if (information.statusCode === 102) res.writeProcessing();
  const { link, ...others } = information.headers;
  if (information.statusCode !== 103 || typeof link !== 'string') return;
  const hints = Object.entries(others).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  try {
    res.writeEarlyHints({ ...Object.fromEntries(hints), link });
  } catch {
    // A hint that Node does not take is no reason to fail the request.
  }
}
