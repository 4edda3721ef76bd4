import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fstatSync,
  fsync,
  openSync,
  readSync,
  statSync,
} from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

/** What was read of a file, from its first byte to its last. */
export interface Digested {
  readonly sha256: string;
  readonly bytes: number;
  /** MD5 of each block, base64, where blocks were asked for. */
  readonly blocks: readonly string[];
  /** Somebody wrote to the file meanwhile: what was read may never have been its content. */
  readonly changed: boolean;
}

// Hashing blocks the thread it runs in, which is one of its own.

const chunkBytes = 4 * 1024 * 1024;
/** From this size on it pays to hash while the kernel still copies. */
const longBytes = 4 * chunkBytes;
const forceOntoDisk = promisify(fsync);

/**
 * Copies a file to a new path, by sharing blocks where the file system can, and tells what the copy holds. The kernel
 * copies; the copy is hashed behind it, and while the disk writes it. So the digest is of the copy, whatever becomes of
 * the file.
 */
export async function copyAndDigest(from: string, to: string, mode: number, durable: boolean): Promise<Digested> {
  const before = stampOf(from);
  const copying = startCopy(from, to);
  const copy = await openWhenThere(to, copying);
  try {
    const onDisk = copying.ended.then(() => {
      fchmodSync(copy, mode);
      return durable ? forceOntoDisk(copy) : undefined;
    });
    onDisk.catch(() => {}); // awaited below
    const digested = await digestBehind(copy, copying);
    await onDisk;
    return { ...digested, changed: stampOf(from) !== before };
  } finally {
    await copying.ended.catch(() => {});
    closeSync(copy);
  }
}

interface Copying {
  readonly bytes: number;
  /** Rejects when the copy failed; nothing is left of it then. */
  readonly ended: Promise<void>;
  running: boolean;
}

function startCopy(from: string, to: string): Copying {
  const flags = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE;
  const bytes = statSync(from).size;
  if (bytes < longBytes) {
    copyFileSync(from, to, flags);
    return { bytes, ended: Promise.resolve(), running: false };
  }
  const copying = { bytes, ended: copyFile(from, to, flags), running: true };
  const end = () => {
    copying.running = false;
  };
  copying.ended.then(end, end);
  return copying;
}

async function openWhenThere(path: string, copying: Copying): Promise<number> {
  for (;;) {
    const { running } = copying;
    if (!running) await copying.ended;
    try {
      return openSync(path, 'r');
    } catch (error) {
      if (!running) throw error;
      await pause(1);
    }
  }
}

/** Reads a file that still grows, to the end that it has when the copy has ended. */
async function digestBehind(copy: number, copying: Copying): Promise<Omit<Digested, 'changed'>> {
  const digest = digester(null, copying.bytes);
  while (copying.running) {
    if (digest.read(copy)) await nextTurn();
    else await pause(1);
  }
  await copying.ended;
  while (digest.read(copy)) {}
  return digest.end();
}

/** @param blockBytes size of the blocks whose MD5 is wanted too; null for none */
export function digestOnly(path: string, blockBytes: number | null): Digested {
  const file = openSync(path, 'r');
  try {
    const before = stampOf(path);
    const digested = digestDescriptor(file, blockBytes);
    return { ...digested, changed: stampOf(path) !== before };
  } finally {
    closeSync(file);
  }
}

/** Changes with every write. */
export function stampOf(path: string): string {
  const { mtimeNs, size } = statSync(path, { bigint: true });
  return `${mtimeNs} ${size}`;
}

/** Digest of bytes that are in memory. */
export function digestBytes(bytes: Uint8Array, blockBytes: number | null): Omit<Digested, 'changed'> {
  const blocks = blockBytes === null ? null : blockDigests(blockBytes);
  blocks?.update(bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { sha256, bytes: bytes.length, blocks: blocks?.end() ?? [] };
}

function digestDescriptor(file: number, blockBytes: number | null): Omit<Digested, 'changed'> {
  const digest = digester(blockBytes, fstatSync(file).size);
  while (digest.read(file)) {}
  return digest.end();
}

/** Reads an open file from its beginning, a chunk each time; false where there is nothing more as yet. */
function digester(blockBytes: number | null, fileBytes: number) {
  const hash = createHash('sha256');
  const blocks = blockBytes === null ? null : blockDigests(blockBytes);
  const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, fileBytes + 1));
  let bytes = 0;
  return {
    read(file: number): boolean {
      const length = readSync(file, buffer, 0, buffer.length, bytes);
      const chunk = buffer.subarray(0, length);
      hash.update(chunk);
      blocks?.update(chunk);
      bytes += length;
      return length > 0;
    },
    end: (): Omit<Digested, 'changed'> => ({ sha256: hash.digest('hex'), bytes, blocks: blocks?.end() ?? [] }),
  };
}

/** MD5 of each run of so many bytes, whatever the chunks they come in. */
function blockDigests(blockBytes: number) {
  const done: string[] = [];
  let hash = createHash('md5');
  let filled = 0;
  const next = (): void => {
    done.push(hash.digest('base64'));
    hash = createHash('md5');
    filled = 0;
  };
  return {
    update(chunk: Uint8Array): void {
      for (let at = 0; at < chunk.length; ) {
        const part = chunk.subarray(at, at + blockBytes - filled);
        hash.update(part);
        filled += part.length;
        at += part.length;
        if (filled === blockBytes) next();
      }
    },
    end(): readonly string[] {
      if (filled > 0 || done.length === 0) next();
      return done;
    },
  };
}
