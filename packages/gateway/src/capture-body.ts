import { isUtf8 } from 'node:buffer';
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import type { Redactor } from '@sluice/sdk/redact';

/** A body as it may be written: as text, as base64, or not at all. */
export type KeptBody =
  | { readonly kind: 'text'; readonly text: string; readonly plain: boolean }
  | { readonly kind: 'bytes'; readonly base64: string }
  | { readonly kind: 'left-out' };

export interface Body {
  readonly bytes: Buffer;
  /** The end is missing. */
  readonly cut: boolean;
  /** Lower-case `content-type` and `content-encoding`. */
  readonly type: string | undefined;
  readonly encoding: string | undefined;
}

/** What a compressed body may become; nothing larger is looked into, so it is left out. */
const MOST_DECODED = 64 * 1024 * 1024;

/** Redacts a body; one that would have to be looked into and cannot be is left out. Decoded only where it must change. */
export function keepBody({ bytes, cut, type, encoding }: Body, redactor: Redactor): KeptBody {
  if (bytes.length === 0) return { kind: 'text', text: '', plain: false };
  const encoded = encoding !== undefined && encoding !== 'identity';
  const clear = encoded ? decode(bytes, encoding) : bytes;
  if (clear === null) return { kind: 'left-out' };
  const text = textOf(clear, cut && !encoded);
  if (text === null) return redactor.readsEveryBody ? { kind: 'left-out' } : { kind: 'bytes', base64: base64(bytes) };
  const form = type?.startsWith('application/x-www-form-urlencoded') && !redactor.readsEveryBody;
  const safe = form ? formOf(text, redactor) : redactor.json(text);
  if (safe === null) return { kind: 'left-out' };
  if (encoded && !safe.changed) return { kind: 'bytes', base64: base64(bytes) };
  return { kind: 'text', text: safe.text, plain: encoded };
}

function formOf(text: string, redactor: Redactor): { text: string; changed: boolean } {
  const safe = redactor.form(text);
  return { text: safe, changed: safe !== text };
}

/** A cut inside a character does not make a text binary: up to three bytes of it are given up. */
function textOf(bytes: Buffer, cut: boolean): string | null {
  for (let missing = 0; missing <= (cut ? 3 : 0); missing += 1) {
    const part = bytes.subarray(0, bytes.length - missing);
    if (isUtf8(part)) return part.toString('utf8');
  }
  return null;
}

/** The bytes as they were before they were compressed; null where that cannot be told. */
export function decode(bytes: Buffer, encoding: string): Buffer | null {
  const limit = { maxOutputLength: MOST_DECODED };
  try {
    switch (encoding) {
      case 'gzip':
      case 'x-gzip':
        return gunzipSync(bytes, limit);
      case 'deflate':
        return inflateSync(bytes, limit);
      case 'br':
        return brotliDecompressSync(bytes, limit);
      case 'zstd':
        return zstdDecompressSync(bytes, limit);
      default:
        return null;
    }
  } catch {
    return null;
  }
}

const base64 = (bytes: Buffer): string => bytes.toString('base64');
