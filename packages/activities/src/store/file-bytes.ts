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

// These block the thread they run in, which is one of their own: between a chunk and the next nobody has to be woken.

const chunkBytes = 4 * 1024 * 1024;
const forceOntoDisk = promisify(fsync);

/**
 * Copies a file to a new path, by sharing blocks where the file system can, and tells what the copy holds. The kernel
 * copies; then the copy is hashed while the disk writes it. So the digest is of the copy, whatever becomes of the file.
 */
export async function copyAndDigest(from: string, to: string, mode: number, durable: boolean): Promise<Digested> {
  const before = stampOf(from);
  copyFileSync(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  const copy = openSync(to, 'r');
  try {
    fchmodSync(copy, mode);
    const onDisk = durable ? forceOntoDisk(copy) : Promise.resolve();
    onDisk.catch(() => {}); // awaited below
    const digested = digestDescriptor(copy, null);
    await onDisk;
    return { ...digested, changed: stampOf(from) !== before };
  } finally {
    closeSync(copy);
  }
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
  const hash = createHash('sha256');
  const blocks = blockBytes === null ? null : blockDigests(blockBytes);
  const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, fstatSync(file).size + 1));
  let bytes = 0;
  for (;;) {
    const length = readSync(file, buffer, 0, buffer.length, bytes);
    if (length === 0) return { sha256: hash.digest('hex'), bytes, blocks: blocks?.end() ?? [] };
    const chunk = buffer.subarray(0, length);
    hash.update(chunk);
    blocks?.update(chunk);
    bytes += length;
  }
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
