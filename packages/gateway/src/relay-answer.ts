import type { IncomingMessage, ServerResponse } from 'node:http';

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
  message.on('end', () => events.end(() => (pending ? res.end(pending) : res.end())));
}
