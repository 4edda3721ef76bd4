import type { ServerResponse } from 'node:http';

/** Why the gateway itself answered a caller; the codes are stable. */
const REFUSALS = {
  ENDPOINT_NOT_FOUND: 404,
  /** The caller did not send its whole body in time: not the model's fault. */
  REQUEST_TIMEOUT: 408,
  /** A bug of the gateway's; its log has the stack. */
  INTERNAL: 500,
  MODEL_UNREACHABLE: 502,
  MODEL_RESET: 502,
  NO_VERSION: 503,
  DEADLINE_EXCEEDED: 504,
} as const;

export type RefusalCode = keyof typeof REFUSALS;

/** Answers with `{ error: { code, message } }`. */
export function refuse(res: ServerResponse, code: RefusalCode, message: string, headers: string[]): void {
  if (res.headersSent || res.destroyed) return;
  const body = Buffer.from(JSON.stringify({ error: { code, message } }));
  const close = code === 'REQUEST_TIMEOUT' ? ['connection', 'close'] : [];
  res.writeHead(REFUSALS[code], [
    ...headers,
    ...close,
    'content-type',
    'application/json',
    'content-length',
    String(body.length),
  ]);
  res.end(body);
}
