import type { ServerResponse } from 'node:http';
import { gzip } from 'node:zlib';

/** Scripts, styles, fonts and pictures of this server only; no frame may show it, no form may leave it. */
const POLICY =
  "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Headers of every answer. */
export const SAFE = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'x-frame-options': 'DENY',
} as const;

/** Answers longer than this are packed, bytes. */
const PACKED_FROM = 16 * 1024;

export interface Body {
  readonly type: string;
  readonly bytes: Uint8Array;
  /** `no-store` for everything but files that never change under their name. */
  readonly cache?: string;
}

/** Sends an answer whole; to a HEAD its headers only. */
export async function send(res: ServerResponse, status: number, body: Body, packs: boolean): Promise<void> {
  if (res.destroyed || res.headersSent) return;
  const packed = packs && body.bytes.length >= PACKED_FROM ? await pack(body.bytes) : null;
  const bytes = packed ?? body.bytes;
  res.writeHead(status, {
    ...SAFE,
    'content-type': body.type,
    'content-length': bytes.length,
    'cache-control': body.cache ?? 'no-store',
    ...(packed === null ? {} : { 'content-encoding': 'gzip', vary: 'accept-encoding' }),
  });
  res.end(res.req.method === 'HEAD' ? undefined : bytes);
}

export function json(value: unknown): Body {
  return { type: 'application/json; charset=utf-8', bytes: Buffer.from(JSON.stringify(value)) };
}

function pack(bytes: Uint8Array): Promise<Uint8Array | null> {
  return new Promise((done) => gzip(bytes, { level: 1 }, (error, packed) => done(error ? null : packed)));
}
