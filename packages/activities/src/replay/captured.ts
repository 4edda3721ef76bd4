import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** A captured request, as far as replaying needs it. */
export interface CapturedRequest {
  readonly id: string;
  readonly at: number;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly status: number;
}

/** Where a captured line lies, so that bodies need not be held. */
export interface Place {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

/** A line longer than this is no request that anyone sent here. */
const LONGEST = 64 * 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * Every line of a capture file with its place, from its beginning; null for one that is no captured request (cut short
 * when its writer was killed, or damaged). A file that is gone has no lines: old segments are deleted under our feet.
 */
export async function* readCaptures(
  file: string,
): AsyncGenerator<{ readonly place: Place; readonly request: CapturedRequest | null }> {
  for await (const { offset, length, bytes } of linesOf(file)) {
    if (length === 0) continue;
    yield { place: { file, offset, length }, request: bytes === null ? null : parseCapture(bytes) };
  }
}

/** Lines with their offsets; without bytes where they are too long. The last needs no newline: it may be whole. */
async function* linesOf(file: string): AsyncGenerator<{ offset: number; length: number; bytes: Buffer | null }> {
  let parts: Buffer[] = [];
  let offset = 0;
  let length = 0;
  const take = (part: Buffer) => {
    length += part.length;
    if (length > LONGEST) parts = [];
    else parts.push(part);
  };
  const line = () => ({ offset, length, bytes: length > LONGEST ? null : Buffer.concat(parts) });
  try {
    for await (const data of createReadStream(file, { highWaterMark: 1 << 20 })) {
      const chunk = data as Buffer;
      let from = 0;
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
        take(chunk.subarray(from, end));
        yield line();
        offset += length + 1;
        length = 0;
        parts = [];
        from = end + 1;
      }
      if (from < chunk.length) take(chunk.subarray(from));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  if (length > 0) yield line();
}

/** Reads chosen lines again. Null for one that is gone meanwhile. */
export async function readAt(places: readonly Place[]): Promise<(CapturedRequest | null)[]> {
  const handles = new Map<string, FileHandle | null>();
  try {
    const requests: (CapturedRequest | null)[] = [];
    for (const { file, offset, length } of places) {
      if (!handles.has(file)) handles.set(file, await open(file, 'r').catch(() => null));
      const handle = handles.get(file) ?? null;
      const bytes = Buffer.alloc(length);
      const read = handle === null ? 0 : (await handle.read(bytes, 0, length, offset)).bytesRead;
      requests.push(read === length ? parseCapture(bytes) : null);
    }
    return requests;
  } finally {
    for (const handle of handles.values()) await handle?.close();
  }
}

function parseCapture(line: Buffer): CapturedRequest | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line.toString('utf8'));
  } catch {
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null) return null;
  const { id, at, method, path, headers, body, bodyBase64, status } = parsed as Record<string, unknown>;
  const time = typeof at === 'string' ? Date.parse(at) : Number.NaN;
  const known =
    typeof id === 'string' &&
    typeof method === 'string' &&
    typeof path === 'string' &&
    path.startsWith('/') &&
    typeof status === 'number' &&
    Number.isFinite(time) &&
    (body === undefined || typeof body === 'string') &&
    (bodyBase64 === undefined || typeof bodyBase64 === 'string');
  if (!known) return null;
  return {
    id,
    at: time,
    method,
    path,
    headers: textsOf(headers),
    body: bodyBase64 === undefined ? Buffer.from(body ?? '', 'utf8') : Buffer.from(bodyBase64, 'base64'),
    status,
  };
}

function textsOf(headers: unknown): Record<string, string> {
  if (typeof headers !== 'object' || headers === null) return {};
  const entries = Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value]));
}
