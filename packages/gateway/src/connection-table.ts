import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';

/**
 * One byte per connection, shared by the host and the worker through an unlinked file. The worker notes here whether
 * a request is under way, and the host reads it when the worker has died: a connection without one is handed to the
 * next worker, so that a caller's idle keep-alive connection survives.
 */
export const ConnectionState = {
  /** Nothing was read since the last answer. */
  idle: 0,
  /** A request is under way: lost with the worker. */
  busy: 1,
  /** The end of an answer is being written, or is written. */
  finishing: 2,
} as const;
export type ConnectionState = (typeof ConnectionState)[keyof typeof ConnectionState];

/** Connections at a time. */
export const MAX_CONNECTIONS = 65_536;

const BYTES = [0, 1, 2].map((state) => Buffer.from([state]));

/** @returns a file descriptor whose file ends with the last process that holds it; null when the disk is full */
export function openConnectionTable(path: string): number | null {
  let fd: number | null = null;
  try {
    fd = openSync(path, 'w+', 0o600);
    unlinkSync(path);
    // All blocks now: a disk that fills up later cannot make a note fail.
    writeSync(fd, Buffer.alloc(MAX_CONNECTIONS));
    return fd;
  } catch {
    if (fd !== null) closeSync(fd);
    return null;
  }
}

export function noteConnection(table: number | null, slot: number, state: ConnectionState): void {
  if (table !== null) writeSync(table, BYTES[state] as Buffer, 0, 1, slot);
}

/** Without a table every connection counts as busy: closing one too many is safe, handing over one too many is not. */
export function readConnection(table: number | null, slot: number): ConnectionState {
  if (table === null) return ConnectionState.busy;
  const byte = Buffer.alloc(1);
  readSync(table, byte, 0, 1, slot);
  return byte[0] === ConnectionState.idle || byte[0] === ConnectionState.finishing ? byte[0] : ConnectionState.busy;
}
