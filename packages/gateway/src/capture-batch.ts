import type { Answered } from './capture-entry.ts';
import { KEPT_REQUEST_HEADERS, KEPT_RESPONSE_HEADERS } from './capture-entry.ts';

/**
 * Answered requests on their way to another thread, packed so that the proxy spends little on each: one string for
 * what is short, one piece of memory for all small bodies. Large bodies go as they came.
 */
export interface PackedBatch {
  /** Per request, {@link FIELDS} and the headers, with NUL between them: HTTP has none. */
  texts: string[];
  small: Uint8Array;
  large: Uint8Array[];
  /** Per request two numbers, of the body and of the answer: bytes in `small`, or −(chunks in `large`) − 1. */
  layout: number[];
}

/** Larger bodies are handed over instead of copied. */
const SMALL_BYTES = 16 * 1024;
const SMALL_TOTAL = 256 * 1024;
/** What a captured request takes beside its bodies. */
const OVERHEAD = 1024;
const SEPARATOR = '\0';

export class CaptureBatch {
  /** What it holds in memory. */
  bytes = 0;
  readonly endpoints: string[] = [];
  readonly #packed: PackedBatch = { texts: [], small: new Uint8Array(0), large: [], layout: [] };
  readonly #transfer: ArrayBuffer[] = [];
  #used = 0;

  static bytesOf({ body, response }: Answered): number {
    return OVERHEAD + lengthOf(body) + lengthOf(response);
  }

  /** @param owned nobody else uses the memory of `answered.body` any more */
  add(answered: Answered, owned: boolean): void {
    this.endpoints.push(answered.endpoint);
    this.bytes += CaptureBatch.bytesOf(answered);
    this.#packed.texts.push(textOf(answered));
    this.#place(answered.body, owned);
    this.#place(answered.response, false);
  }

  /** The batch is empty of memory afterwards. */
  take(): { packed: PackedBatch; transfer: ArrayBuffer[] } {
    const { buffer } = this.#packed.small;
    if (buffer instanceof ArrayBuffer) this.#transfer.push(buffer);
    return { packed: this.#packed, transfer: this.#transfer };
  }

  #place(chunks: readonly Uint8Array[], owned: boolean): void {
    const { layout, large } = this.#packed;
    const length = lengthOf(chunks);
    if (length > SMALL_BYTES || this.#used + length > SMALL_TOTAL) {
      layout.push(-chunks.length - 1);
      for (const chunk of chunks) large.push(owned ? this.#handOver(chunk) : alone(chunk));
      return;
    }
    layout.push(length);
    if (length > 0 && this.#packed.small.byteLength === 0) this.#packed.small = Buffer.allocUnsafeSlow(SMALL_TOTAL);
    for (const chunk of chunks) {
      this.#packed.small.set(chunk, this.#used);
      this.#used += chunk.byteLength;
    }
  }

  /** Memory that is the chunk's alone changes its owner; anything shared with others is copied. */
  #handOver(chunk: Uint8Array): Uint8Array {
    const { buffer } = chunk;
    if (buffer.byteLength !== chunk.byteLength || !(buffer instanceof ArrayBuffer)) return alone(chunk);
    this.#transfer.push(buffer);
    return chunk;
  }
}

/** The requests of a batch, in order. */
export function* unpack({ texts, small, large, layout }: PackedBatch): Generator<Answered> {
  let used = 0;
  let next = 0;
  const take = (size: number): Uint8Array[] => {
    if (size >= 0) {
      used += size;
      return [small.subarray(used - size, used)];
    }
    next += -size - 1;
    return large.slice(next + size + 1, next);
  };
  for (const [i, text] of texts.entries()) {
    const body = take(layout[2 * i] ?? 0);
    yield answeredOf(text, body, take(layout[2 * i + 1] ?? 0));
  }
}

/** A message copies the whole of the memory that a chunk is a part of; here it has none around it. */
function alone(chunk: Uint8Array): Uint8Array {
  return chunk.buffer.byteLength === chunk.byteLength ? chunk : new Uint8Array(chunk);
}

function lengthOf(chunks: readonly Uint8Array[]): number {
  let length = 0;
  for (const chunk of chunks) length += chunk.byteLength;
  return length;
}

function textOf(answered: Answered): string {
  const { requestId, arrivedAt, endpoint, method, path, status, responseBytes, latencyMs, version, digest } = answered;
  const fields = [requestId, arrivedAt, endpoint, method, path, status, responseBytes, latencyMs, version, digest];
  const request = kept(answered.requestHeaders, KEPT_REQUEST_HEADERS);
  const response = kept(answered.responseHeaders, KEPT_RESPONSE_HEADERS);
  return [...fields, request.length, ...request, ...response].join(SEPARATOR);
}

function answeredOf(text: string, body: Uint8Array[], response: Uint8Array[]): Answered {
  const [
    requestId,
    arrivedAt,
    endpoint,
    method,
    path,
    status,
    responseBytes,
    latencyMs,
    version,
    digest,
    n,
    ...headers
  ] = text.split(SEPARATOR);
  return {
    requestId: requestId ?? '',
    arrivedAt: Number(arrivedAt),
    endpoint: endpoint ?? '',
    method: method ?? '',
    path: path ?? '',
    requestHeaders: headers.slice(0, Number(n)),
    body,
    status: Number(status),
    responseHeaders: headers.slice(Number(n)),
    response,
    responseBytes: Number(responseBytes),
    latencyMs: Number(latencyMs),
    version: version ?? '',
    digest: digest ?? '',
  };
}

/** Names in lower case and values of the headers that matter; no other leaves the proxy's thread. */
function kept(raw: readonly string[], names: ReadonlySet<string>): string[] {
  const headers: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]?.toLowerCase() ?? '';
    if (names.has(name)) headers.push(name, raw[i + 1] ?? '');
  }
  return headers;
}
