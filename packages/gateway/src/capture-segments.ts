import { closeSync, fstatSync, ftruncateSync, openSync, readdirSync, readSync } from 'node:fs';
import { readdir, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { CaptureFile, CaptureList, CapturesQuery } from '@sluice/sdk';

/** What is kept of one endpoint's captures. */
export interface Retention {
  bytes: number;
  ms: number;
}

const NAME = /^(\d+)-(\d+)\.jsonl$/;

export const segmentName = (startMillis: number, n: number): string => `${startMillis}-${n}.jsonl`;

/** Names of the segments in `dir`, oldest first; none when there is no such folder. */
function inOrder(names: readonly string[]): string[] {
  const parsed = names.flatMap((name) => {
    const match = NAME.exec(name);
    return match ? [{ name, start: Number(match[1]), n: Number(match[2]) }] : [];
  });
  return parsed.sort((a, b) => a.start - b.start || a.n - b.n).map(({ name }) => name);
}

/** Deletes the oldest segments until the rest is young and small enough. */
export async function applyRetention(dir: string, retention: Retention, now: number): Promise<void> {
  const names = inOrder(await readdir(dir).catch(() => []));
  let kept = 0;
  for (const name of names.reverse()) {
    const path = join(dir, name);
    const info = await stat(path).catch(() => null);
    if (!info) continue;
    kept += info.size;
    if (kept > retention.bytes || info.mtimeMs < now - retention.ms) await unlink(path).catch(() => undefined);
  }
}

/** Cuts the half line off that a killed writer may have left at the end of the newest segment of each endpoint. */
export function repairTornTails(capturesDir: string): void {
  let endpoints: string[];
  try {
    endpoints = readdirSync(capturesDir);
  } catch {
    return;
  }
  for (const endpoint of endpoints) {
    try {
      const newest = inOrder(readdirSync(join(capturesDir, endpoint))).at(-1);
      if (newest) cutTornTail(join(capturesDir, endpoint, newest));
    } catch {
      // Unreadable captures must not keep the proxy from serving.
    }
  }
}

function cutTornTail(path: string): void {
  const fd = openSync(path, 'r+');
  try {
    const chunk = Buffer.alloc(64 * 1024);
    let end = fstatSync(fd).size;
    while (end > 0) {
      const length = Math.min(chunk.length, end);
      readSync(fd, chunk, 0, length, end - length);
      const newline = chunk.subarray(0, length).lastIndexOf(0x0a);
      if (newline !== -1) {
        ftruncateSync(fd, end - length + newline + 1);
        return;
      }
      end -= length;
    }
    ftruncateSync(fd, 0);
  } finally {
    closeSync(fd);
  }
}

interface Scan {
  bytes: number;
  mtimeMs: number;
  /** Time of each whole line. */
  at: number[];
}

/** Lists segments by what is in them; remembers what it has read while a file does not change. */
export class CaptureIndex {
  readonly #scans = new Map<string, Scan>();

  async list(dir: string, query: CapturesQuery): Promise<CaptureList> {
    const since = query.since ?? 0;
    const limit = query.limit ?? Number.POSITIVE_INFINITY;
    const names = inOrder(await readdir(dir).catch(() => []));
    const files: CaptureFile[] = [];
    let count = 0;
    for (const name of names.reverse()) {
      if (count >= limit) break;
      const path = join(dir, name);
      const scan = await this.#scan(path);
      const wanted = scan?.at.filter((at) => at >= since).length ?? 0;
      if (!scan || wanted === 0) continue;
      count += wanted;
      const [firstAt, lastAt] = range(scan.at);
      files.push({ path, bytes: scan.bytes, firstAt, lastAt });
    }
    return { files: files.reverse(), count };
  }

  async #scan(path: string): Promise<Scan | null> {
    try {
      const { size, mtimeMs } = await stat(path);
      const known = this.#scans.get(path);
      if (known && known.bytes === size && known.mtimeMs === mtimeMs) return known;
      const bytes = await readFile(path);
      const scan = { bytes: size, mtimeMs, at: arrivalTimes(bytes) };
      this.#scans.set(path, scan);
      return scan;
    } catch {
      this.#scans.delete(path);
      return null;
    }
  }
}

const AT = /"at":"([^"]{20,30})"/;
/** `id` and `at` are a line's first fields, and an id has at most 128 characters. */
const HEAD_BYTES = 256;

function arrivalTimes(bytes: Buffer): number[] {
  const times: number[] = [];
  let start = 0;
  for (;;) {
    const end = bytes.indexOf(0x0a, start);
    if (end === -1) return times;
    const head = bytes.toString('latin1', start, Math.min(end, start + HEAD_BYTES));
    const at = Date.parse(AT.exec(head)?.[1] ?? '');
    if (!Number.isNaN(at)) times.push(at);
    start = end + 1;
  }
}

function range(times: readonly number[]): [number, number] {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const at of times) {
    first = Math.min(first, at);
    last = Math.max(last, at);
  }
  return [first, last];
}
