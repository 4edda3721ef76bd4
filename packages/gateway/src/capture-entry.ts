import type { CaptureLine } from '@sluice/sdk';
import type { Redactor } from '@sluice/sdk/redact';
import { keepBody } from './capture-body.ts';

/** Bytes of an answer that are kept. */
export const RESPONSE_CAP = 256 * 1024;

/** No other header is looked at. */
export const KEPT_REQUEST_HEADERS: ReadonlySet<string> = new Set(['content-type', 'content-encoding', 'accept']);
export const KEPT_RESPONSE_HEADERS: ReadonlySet<string> = new Set(['content-type', 'content-encoding']);

/** An answered request as the proxy hands it over: nothing encoded, nothing copied. */
export interface Answered {
  /** The caller's own, where it sent one. */
  requestId: string;
  arrivedAt: number;
  endpoint: string;
  method: string;
  path: string;
  /** Name, value, name, value … as received. */
  requestHeaders: readonly string[];
  body: readonly Uint8Array[];
  status: number;
  responseHeaders: readonly string[];
  /** At most {@link RESPONSE_CAP} bytes of the answer. */
  response: readonly Uint8Array[];
  /** The answer's whole length. */
  responseBytes: number;
  latencyMs: number;
  version: string;
  digest: string;
  /** A shadow's answer to a copy, that nobody got; `arrivedAt` is then when it was whole. */
  shadow?: true;
}

/**
 * What is written of a request, under an id of its own. No header outside the allow-list is kept, and everything went
 * through `redactor`: credentials never reach the disk.
 */
export function captureEntry(answered: Answered, id: string, redactor: Redactor): CaptureLine {
  const { requestId, arrivedAt, endpoint, method, path, status, latencyMs, version, digest } = answered;
  const headers = allowed(answered.requestHeaders, KEPT_REQUEST_HEADERS, redactor);
  const responseHeaders = allowed(answered.responseHeaders, KEPT_RESPONSE_HEADERS, redactor);
  const response = whole(answered.response);
  const truncated = answered.responseBytes > response.length;
  const kept = keepBody({ bytes: whole(answered.body), cut: false, ...nature(answered.requestHeaders) }, redactor);
  const answer = keepBody({ bytes: response, cut: truncated, ...nature(answered.responseHeaders) }, redactor);
  if (kept.kind === 'text' && kept.plain) delete headers['content-encoding'];
  if (answer.kind === 'text' && answer.plain) delete responseHeaders['content-encoding'];
  return {
    // `id` and `at` stay first: whoever reads captures by time need not parse the line.
    id,
    at: new Date(arrivedAt).toISOString(),
    requestId,
    endpoint,
    method,
    path: redactor.path(path),
    headers,
    ...(kept.kind === 'text' && { body: kept.text }),
    ...(kept.kind === 'bytes' && { bodyBase64: kept.base64 }),
    ...(kept.kind === 'left-out' && { bodyLeftOut: true }),
    status,
    responseHeaders,
    ...(answer.kind === 'text' && { responseBody: answer.text }),
    ...(answer.kind === 'bytes' && { responseBase64: answer.base64 }),
    ...(answer.kind === 'left-out' && { responseLeftOut: true }),
    truncated,
    latencyMs: Math.round(latencyMs * 1000) / 1000,
    version,
    digest,
  };
}

function whole(parts: readonly Uint8Array[]): Buffer {
  const [first] = parts;
  if (parts.length !== 1 || first === undefined) return Buffer.concat(parts);
  return Buffer.from(first.buffer, first.byteOffset, first.byteLength);
}

/** What the body says it is, whether or not that header is kept. */
function nature(raw: readonly string[]): { type: string | undefined; encoding: string | undefined } {
  return { type: headerOf(raw, 'content-type'), encoding: headerOf(raw, 'content-encoding') };
}

export function headerOf(raw: readonly string[], wanted: string): string | undefined {
  for (let i = 0; i + 1 < raw.length; i += 2) {
    if (raw[i]?.length === wanted.length && raw[i]?.toLowerCase() === wanted) return raw[i + 1]?.trim().toLowerCase();
  }
  return undefined;
}

function allowed(raw: readonly string[], keep: ReadonlySet<string>, redactor: Redactor): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    const value = raw[i + 1] ?? '';
    if (!keep.has(name) || !redactor.keepsHeader(name)) continue;
    headers[name] = Object.hasOwn(headers, name) ? `${headers[name]}, ${value}` : value;
  }
  return headers;
}
