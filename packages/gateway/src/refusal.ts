import type { ServerResponse } from 'node:http';
import { expectsContinue } from './relay-body.ts';

/** Why the gateway itself answered a caller; the codes are stable. */
const REFUSALS = {
  ENDPOINT_NOT_FOUND: 404,
  /** The caller did not send its whole body in time: not the model's fault. */
  REQUEST_TIMEOUT: 408,
  /** A bug of the gateway's; its log has the stack. */
  INTERNAL: 500,
  /** Connections are not switched to another protocol, web sockets for instance. */
  UPGRADE_NOT_SUPPORTED: 501,
  MODEL_UNREACHABLE: 502,
  MODEL_RESET: 502,
  NO_VERSION: 503,
  /** As many requests of the version are under way as may be. */
  OVERLOADED: 503,
  DEADLINE_EXCEEDED: 504,
} as const;

export type RefusalCode = keyof typeof REFUSALS;

/** Answers with `{ error: { code, message } }`. */
export function refuse(res: ServerResponse, code: RefusalCode, message: string, headers: string[]): void {
  if (res.headersSent || res.destroyed) return;
  // A caller that was never told to send its body may send it or not: the connection cannot go on.
  if (!res.req.complete && expectsContinue(res.req)) res.shouldKeepAlive = false;
  const body = Buffer.from(JSON.stringify({ error: { code, message } }));
  const more = code === 'REQUEST_TIMEOUT' ? ['connection', 'close'] : code === 'OVERLOADED' ? ['retry-after', '1'] : [];
  res.writeHead(REFUSALS[code], [
    ...headers,
    ...more,
    'content-type',
    'application/json',
    'content-length',
    String(body.length),
  ]);
  res.end(body);
}
