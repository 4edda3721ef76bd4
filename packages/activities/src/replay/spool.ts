import { closeSync, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { CapturedRequest, WholeRequest } from './captured.ts';
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
      await writeAll(file, [head, request.body]);
      const { id, at, method, path, status } = request;
      const kind = { route: routeOf(method, path), inputClass: inputClassOf(request.body) };
      found.set(id, { id, at, method, path, status, ...kind, offset, headBytes, bodyBytes });
      offset += headBytes + bodyBytes;
    }
    if (wanted.size === 0) break;
  }
  await file.sync();
  return { requests: ids.flatMap((id) => found.get(id) ?? []), withoutSpace };
}

/** Reads requests that were spooled, one at a time. */
export interface Spool extends Disposable {
  read(asked: Asked): WholeRequest;
}

/** Read at once and not later: what was just written is still in memory, and takes less time than to come back to it. */
export function openSpool(path: string): Spool {
  const file = openSync(path, 'r');
  return {
    read(asked) {
      const { headBytes, bodyBytes } = asked;
      const bytes = Buffer.allocUnsafe(headBytes + bodyBytes);
      for (let done = 0; done < bytes.length; ) {
        const bytesRead = readSync(file, bytes, done, bytes.length - done, asked.offset + done);
        if (bytesRead === 0) throw new Error(`${path} ends before request ${asked.id} does.`);
        done += bytesRead;
      }
      const headers = JSON.parse(bytes.toString('utf8', 0, headBytes)) as WholeRequest['headers'];
      return { ...asked, headers, body: bytes.subarray(headBytes) };
    },
    [Symbol.dispose]: () => closeSync(file),
  };
}

async function writeAll(file: FileHandle, parts: readonly Buffer[]): Promise<void> {
  for (const part of parts) {
    for (let done = 0; done < part.length; ) {
      done += (await file.write(part, done, part.length - done)).bytesWritten;
    }
  }
}
