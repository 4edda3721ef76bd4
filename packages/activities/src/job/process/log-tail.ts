import { open } from 'node:fs/promises';

const TAIL_BYTES = 64 * 1024;
const TAIL_LINES = 40;
const LINE_LENGTH = 500;

/** The last 40 lines of a log, of what was written after `from`; each cut at 500 characters. */
export async function logTail(path: string, from: number): Promise<string[]> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return [];
  try {
    const { size } = await file.stat();
    const start = Math.max(from, size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(0, size - start)), 0, size - start, start);
    const lines = buffer
      .subarray(0, bytesRead)
      .toString('utf8')
      .split(/\r\n|\n|\r/);
    if (start > from) lines.shift(); // begins in the middle
    while (lines.at(-1)?.trim() === '') lines.pop();
    return lines
      .slice(-TAIL_LINES)
      .map((line) => (line.length > LINE_LENGTH ? `${line.slice(0, LINE_LENGTH)}…` : line));
  } finally {
    await file.close();
  }
}
