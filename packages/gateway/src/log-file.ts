import { futimesSync, mkdirSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Opens a log for appending; from now on it is not an old one. */
export function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  const log = openSync(path, 'a', 0o600);
  futimesSync(log, new Date(), new Date());
  return log;
}

const TAIL_BYTES = 64 * 1024;

/** The last lines of a log, also of one that has just been cut; none when there is no log yet. */
export async function tailLog(path: string, lines: number): Promise<string[]> {
  const tail = await tailOf(path, lines);
  if (tail.length === lines) return tail;
  return [...(await tailOf(`${path}.1`, lines - tail.length)), ...tail];
}

async function tailOf(path: string, lines: number): Promise<string[]> {
  const file = await open(path, 'r').catch(() => null);
  if (!file) return [];
  try {
    const { size } = await file.stat();
    const length = Math.min(size, TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    const text = buffer.toString('utf8', 0, bytesRead).replace(/\n$/, '');
    return text === '' ? [] : text.split('\n').slice(-lines);
  } finally {
    await file.close();
  }
}
