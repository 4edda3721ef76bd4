import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { GatewayRequestsQuery } from '@sluice/sdk';
import { inOrder } from './capture-segments.ts';

const NEWLINE = 0x0a;
/** A file's time may be a little behind the clock. */
const COARSE_MS = 1000;
/** Lines are passed on in pieces of about this size. */
const PIECE_BYTES = 256 * 1024;

/**
 * The captured lines in `dir` as they were written, newest first, in pieces of whole lines. One segment is in memory
 * at a time; one that is deleted meanwhile is left out. A line that does not say when it was is passed on too: whoever
 * reads them all can count it.
 */
export async function* readCaptured(
  dir: string,
  { since = 0, limit = Infinity }: GatewayRequestsQuery,
): AsyncGenerator<Buffer> {
  let left = limit;
  for (const name of inOrder(await readdir(dir).catch(() => [])).reverse()) {
    const path = join(dir, name);
    const info = await stat(path).catch(() => null);
    // It was written last when its last request had been answered: all of them arrived before.
    if (!info || info.mtimeMs + COARSE_MS < since) continue;
    const bytes = await readFile(path).catch(() => null);
    let piece: Buffer[] = [];
    let size = 0;
    for (const line of linesFromTheEnd(bytes ?? Buffer.alloc(0))) {
      if (left <= 0) break;
      if (arrivalOf(line) < since) continue;
      left -= 1;
      piece.push(line);
      size += line.length;
      if (size < PIECE_BYTES) continue;
      yield Buffer.concat(piece);
      piece = [];
      size = 0;
    }
    if (size > 0) yield Buffer.concat(piece);
    if (left <= 0) return;
  }
}

/** Whole lines with their newlines, the last first. What is still being written has no newline and is left out. */
function* linesFromTheEnd(bytes: Buffer): Generator<Buffer> {
  let end = bytes.lastIndexOf(NEWLINE);
  while (end > 0) {
    const start = bytes.lastIndexOf(NEWLINE, end - 1);
    if (end - start > 1) yield bytes.subarray(start + 1, end + 1);
    end = start;
  }
}

const AT = /"at":"([^"]{20,30})"/;
/** `id` and `at` are a line's first fields; an id has at most 128 characters. */
const HEAD_BYTES = 256;

/** Infinity for a line that does not say. */
function arrivalOf(line: Buffer): number {
  const at = Date.parse(AT.exec(line.toString('latin1', 0, HEAD_BYTES))?.[1] ?? '');
  return Number.isNaN(at) ? Infinity : at;
}
