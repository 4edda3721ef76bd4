import { isUtf8 } from 'node:buffer';
import type { CapturedRequest } from '@sluice/sdk';

/** Bytes of an answer that are kept. */
export const RESPONSE_CAP = 256 * 1024;

const REQUEST_HEADERS = new Set(['content-type', 'content-encoding', 'accept']);
const RESPONSE_HEADERS = new Set(['content-type', 'content-encoding']);

export interface Answered {
  id: string;
  arrivedAt: number;
  endpoint: string;
  method: string;
  path: string;
  /** Name, value, name, value … as received. */
  requestHeaders: readonly string[];
  body: Buffer;
  status: number;
  responseHeaders: readonly string[];
  /** At most {@link RESPONSE_CAP} bytes of the answer. */
  response: Buffer;
  /** The answer's whole length. */
  responseBytes: number;
  latencyMs: number;
  version: string;
  digest: string;
}

/** The line that replays a request. No header outside the allow-list is kept: credentials never reach the disk. */
export function captureEntry(answered: Answered): CapturedRequest {
  const { id, arrivedAt, endpoint, method, path, body, status, response, latencyMs, version, digest } = answered;
  return {
    // `id` and `at` stay first: the index reads them without parsing the line.
    id,
    at: new Date(arrivedAt).toISOString(),
    endpoint,
    method,
    path,
    headers: allowed(answered.requestHeaders, (name) => REQUEST_HEADERS.has(name) || name.startsWith('x-sluice-')),
    ...(isUtf8(body) ? { body: body.toString('utf8') } : { bodyBase64: body.toString('base64') }),
    status,
    responseHeaders: allowed(answered.responseHeaders, (name) => RESPONSE_HEADERS.has(name)),
    ...responseText(response, answered.responseBytes > response.length),
    truncated: answered.responseBytes > response.length,
    latencyMs: Math.round(latencyMs * 1000) / 1000,
    version,
    digest,
  };
}

/** A cut inside a character does not make a text binary: up to three bytes of it are given up. */
function responseText(bytes: Buffer, truncated: boolean): Pick<CapturedRequest, 'responseBody' | 'responseBase64'> {
  for (let cut = 0; cut <= (truncated ? 3 : 0); cut += 1) {
    const text = bytes.subarray(0, bytes.length - cut);
    if (isUtf8(text)) return { responseBody: text.toString('utf8') };
  }
  return { responseBase64: bytes.toString('base64') };
}

function allowed(raw: readonly string[], keep: (name: string) => boolean): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    const value = raw[i + 1] ?? '';
    if (keep(name)) headers[name] = Object.hasOwn(headers, name) ? `${headers[name]}, ${value}` : value;
  }
  return headers;
}
