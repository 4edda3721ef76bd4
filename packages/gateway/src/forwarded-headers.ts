import type { IncomingMessage } from 'node:http';

/** Headers of one connection, never of the message (RFC 9110 §7.6.1), and what the gateway sets itself. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const SET_ON_REQUEST = new Set([
  'host',
  'expect',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-sluice-request-id',
  'x-sluice-shadow',
  'x-sluice-version',
]);
const SET_ON_RESPONSE = new Set(['x-sluice-request-id', 'x-sluice-version']);

/** The caller's headers as the model server gets them: flat list of name, value. */
export function requestHeaders(raw: readonly string[], own: readonly string[]): string[] {
  return without(raw, SET_ON_REQUEST, own);
}

/** Who asked, for the model server: the caller's address behind those it was asked for by, and how it was asked. */
export function forwardedFor({ headers, socket }: IncomingMessage): string[] {
  const before = headers['x-forwarded-for'];
  const address = (socket.remoteAddress ?? 'unknown').replace(/^::ffff:/, '');
  return [
    'x-forwarded-for',
    before === undefined ? address : `${before}, ${address}`,
    'x-forwarded-proto',
    String(headers['x-forwarded-proto'] ?? 'http'),
    'x-forwarded-host',
    String(headers['x-forwarded-host'] ?? headers.host ?? ''),
  ];
}

/** The model server's headers as the caller gets them. */
export function responseHeaders(raw: readonly string[], own: readonly string[]): string[] {
  return without(raw, SET_ON_RESPONSE, own);
}

function without(raw: readonly string[], dropped: ReadonlySet<string>, own: readonly string[]): string[] {
  const kept = [...own];
  const named = connectionOptions(raw);
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower) || dropped.has(lower) || named?.has(lower)) continue;
    kept.push(name, raw[i + 1] ?? '');
  }
  return kept;
}

/** Names listed in `Connection` are hop-by-hop too. */
function connectionOptions(raw: readonly string[]): Set<string> | null {
  let named: Set<string> | null = null;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    if (raw[i]?.toLowerCase() !== 'connection') continue;
    named ??= new Set();
    for (const option of (raw[i + 1] ?? '').split(',')) named.add(option.trim().toLowerCase());
    // `Connection: content-length` would turn a body into a smuggled request.
    named.delete('content-length');
  }
  return named;
}
