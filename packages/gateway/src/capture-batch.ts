import type { Answered } from './capture-entry.ts';
import { KEPT_REQUEST_HEADERS, KEPT_RESPONSE_HEADERS } from './capture-entry.ts';

/**
 * Answered requests on their way to another thread, packed so that the proxy spends little on each: one string for
 * what is short, one piece of memory for all small bodies. Large bodies go as they came.
 */
export interface PackedBatch {
  /** One per request, its parts with NUL between them and headers in lines: HTTP has neither inside of them. */
  texts: string[];
  small: Uint8Array;
  large: Uint8Array[];
  /** Per request two numbers, of the body and of the answer: bytes in `small`, or −(chunks in `large`) − 1. */
  layout: number[];
}

/** A batch of this size is full. */
const FULL_BYTES = 64 * 1024;
/** Larger bodies are handed over instead of copied. */
const SMALL_BYTES = 8 * 1024;
/** A request that makes a batch full brings two small bodies more, at most. */
const SMALL_TOTAL = FULL_BYTES + 2 * SMALL_BYTES;
/** What a captured request takes beside its bodies. */
const OVERHEAD = 512;

export class CaptureBatch {
  /** What it holds in memory. */
  bytes = 0;
  /** Whose requests they are. */
  readonly requests: Pick<Answered, 'endpoint' | 'shadow'>[] = [];
  readonly #packed: PackedBatch = { texts: [], small: new Uint8Array(0), large: [], layout: [] };
  readonly #transfer: ArrayBuffer[] = [];
  #used = 0;

  get full(): boolean {
    return this.bytes >= FULL_BYTES;
  }

  static bytesOf({ body, response }: Answered): number {
    return OVERHEAD + lengthOf(body) + lengthOf(response);
  }

  /** @param owned nobody else uses the memory of `answered.body` any more */
  add(answered: Answered, owned: boolean): void {
    const { endpoint, shadow } = answered;
    this.requests.push({ endpoint, ...(shadow && { shadow }) });
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
    if (length > SMALL_BYTES) {
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

/** Durations as whole microseconds: they are quicker to write than fractions. */
function textOf(answered: Answered): string {
  const { requestId, arrivedAt, endpoint, method, path, status, responseBytes, latencyMs, version, digest } = answered;
  const where = `${requestId}\0${endpoint}\0${method}\0${path}\0${version}\0${digest}\0${answered.shadow ? 1 : ''}`;
  const counts = `${arrivedAt}\0${status}\0${responseBytes}\0${Math.round(latencyMs * 1000)}`;
  const headers = kept(answered.requestHeaders, KEPT_REQUEST_HEADERS);
  return `${where}\0${counts}\0${headers}\0${kept(answered.responseHeaders, KEPT_RESPONSE_HEADERS)}`;
}

function answeredOf(text: string, body: Uint8Array[], response: Uint8Array[]): Answered {
  const [
    requestId,
    endpoint,
    method,
    path,
    version,
    digest,
    shadow,
    arrivedAt,
    status,
    responseBytes,
    latency,
    request,
    answer,
  ] = text.split('\0');
  return {
    requestId: requestId ?? '',
    endpoint: endpoint ?? '',
    method: method ?? '',
    path: path ?? '',
    version: version ?? '',
    digest: digest ?? '',
    ...(shadow ? { shadow: true } : {}),
    arrivedAt: Number(arrivedAt),
    status: Number(status),
    responseBytes: Number(responseBytes),
    latencyMs: Number(latency) / 1000,
    requestHeaders: pairsOf(request),
    responseHeaders: pairsOf(answer),
    body,
    response,
  };
}

const LENGTHS = new Set([...KEPT_REQUEST_HEADERS, ...KEPT_RESPONSE_HEADERS].map((name) => name.length));

/** Names and values of the headers that matter, a line each; no other leaves the proxy's thread. */
function kept(raw: readonly string[], names: ReadonlySet<string>): string {
  let headers = '';
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] ?? '';
    if (LENGTHS.has(name.length) && names.has(name.toLowerCase())) headers += `${name}\n${raw[i + 1]}\n`;
  }
  return headers;
}

const pairsOf = (text: string | undefined): string[] => text?.split('\n').slice(0, -1) ?? [];
