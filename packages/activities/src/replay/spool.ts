import { closeSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { CapturedRequest, WholeRequest } from './captured.ts';
import { headersAgain } from './headers-again.ts';
import { inputClassOf, routeOf } from './input-class.ts';

/** A request that was drawn, without its headers and its body: those lie in a file. */
export interface Asked {
  readonly id: string;
  /** Epoch ms of its arrival. */
  readonly at: number;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** What it was answered with then. */
  readonly status: number;
  readonly route: string;
  readonly inputClass: string;
  /** Where in the file its headers begin; its body follows them. */
  readonly offset: number;
  readonly headBytes: number;
  readonly bodyBytes: number;
}

export interface Spooled {
  /** In the order of the ids. */
  readonly requests: readonly Asked[];
  /** Left out because there is no room for more. */
  readonly withoutSpace: number;
}

/** Bytes that are written at once, and read where requests are read in the order in which they lie. */
const BLOCK = 256 * 1024;
/** Most bytes of requests on disk. */
const MOST = 8 * 1024 * 1024 * 1024;

/**
 * Writes the chosen requests to a file as they come, so that memory holds one of them whatever their bodies, and what
 * is deleted meanwhile, or a gateway that goes away, does not matter any more. One that is gone already is left out.
 */
export async function spoolRequests(
  path: string,
  captured: AsyncIterable<CapturedRequest | null>,
  ids: readonly string[],
  { onProgress = () => {}, most = MOST }: { readonly onProgress?: () => void; readonly most?: number } = {},
): Promise<Spooled> {
  await using file = await open(path, 'w', 0o600);
  const out = inBlocks(file);
  const found = new Map<string, Asked>();
  const wanted = new Set(ids);
  let [offset, withoutSpace, seen] = [0, 0, 0];
  for await (const request of captured) {
    seen += 1;
    if (seen % 1000 === 0) onProgress();
    if (request === null || request.body === null || !wanted.delete(request.id)) continue;
    const head = Buffer.from(JSON.stringify(request.headers), 'utf8');
    const [headBytes, bodyBytes] = [head.length, request.body.length];
    if (offset + headBytes + bodyBytes > most) withoutSpace += 1;
    else {
      await out.write(head);
      await out.write(request.body);
      const { id, at, method, path, status } = request;
      const kind = { route: routeOf(method, path), inputClass: inputClassOf(request.body) };
      found.set(id, { id, at, method, path, status, ...kind, offset, headBytes, bodyBytes });
      offset += headBytes + bodyBytes;
    }
    if (wanted.size === 0) break;
  }
  await out.flush();
  await file.sync();
  return { requests: ids.flatMap((id) => found.get(id) ?? []), withoutSpace };
}

/** Reads requests that were spooled, one at a time, each with the headers that it is sent again with. */
export interface Spool extends Disposable {
  read(asked: Asked): WholeRequest;
}

/** Read at once and not later: what was just written is still in memory, and takes less time than to come back to it. */
export function openSpool(path: string): Spool {
  const file = openSync(path, 'r');
  let block = { offset: 0, bytes: Buffer.alloc(0) };
  let next = 0;
  const bytesOf = ({ id, offset, headBytes, bodyBytes }: Asked): Buffer => {
    const length = headBytes + bodyBytes;
    const begin = offset - block.offset;
    const isThere = begin >= 0 && begin + length <= block.bytes.length;
    if (!isThere) block = { offset, bytes: readAt(file, offset, offset === next ? Math.max(length, BLOCK) : length) };
    next = offset + length;
    const bytes = isThere ? block.bytes.subarray(begin, begin + length) : block.bytes.subarray(0, length);
    if (bytes.length < length) throw new Error(`${path} ends before request ${id} does.`);
    return bytes;
  };
  return {
    read(asked) {
      const bytes = bytesOf(asked);
      const headers = JSON.parse(bytes.toString('utf8', 0, asked.headBytes)) as WholeRequest['headers'];
      return { ...asked, headers: headersAgain(headers), body: bytes.subarray(asked.headBytes) };
    },
    [Symbol.dispose]: () => closeSync(file),
  };
}

/** As many bytes as there are, at most `length`. */
function readAt(file: number, offset: number, length: number): Buffer<ArrayBuffer> {
  const bytes = Buffer.allocUnsafe(length);
  let done = 0;
  for (let read = -1; read !== 0 && done < length; done += read) {
    read = readSync(file, bytes, done, length - done, offset + done);
  }
  return bytes.subarray(0, done);
}

/** Writes many small parts as few large ones: each takes a turn of its own. */
function inBlocks(file: FileHandle): { write(part: Buffer): Promise<void>; flush(): Promise<void> } {
  let parts: Buffer[] = [];
  let bytes = 0;
  const flush = async () => {
    const block = Buffer.concat(parts);
    [parts, bytes] = [[], 0];
    for (let done = 0; done < block.length; ) done += (await file.write(block, done, block.length - done)).bytesWritten;
  };
  return {
    async write(part) {
      parts.push(part);
      bytes += part.length;
      if (bytes >= BLOCK) await flush();
    },
    flush,
  };
}
