import { type FileHandle, open, readFile, stat } from 'node:fs/promises';
import { ErrorCode, SluiceError } from '@sluice/sdk';
import { type Digested, digestBytes, stampOf } from './file-bytes.ts';
import { onFileThread } from './file-threads.ts';

/** Called before every step that changes the disk, with what it is; tests kill the process in it. */
export type OnWrite = (what: string) => void | Promise<void>;

export interface Copied {
  readonly sha256: string;
  readonly bytes: number;
}

/** Up to this size the way to another thread costs more than it saves; hashing it takes a millisecond. */
const inlineBytes = 1024 * 1024;

/**
 * Copies a file to a new, read-only path and onto the disk itself; the digest is of the bytes that were written.
 *
 * @param onWrite keeps the work in this thread, and the whole file in memory. For tests
 * @throws SluiceError `Corrupt` when somebody writes to the file meanwhile
 */
export async function copyDurably(from: string, to: string, onWrite?: OnWrite): Promise<Copied> {
  const inline = onWrite !== undefined || (await isSmall(from));
  const digested = inline
    ? await copySmall(from, to, 0o444, onWrite ?? (() => {}))
    : await onFileThread({ kind: 'copy', from, to, mode: 0o444, durable: true });
  return unchanged(digested, from);
}

async function copySmall(from: string, to: string, mode: number, onWrite: OnWrite | null): Promise<Digested> {
  const before = stampOf(from);
  const bytes = await readFile(from);
  await onWrite?.(`create ${to}`);
  await using target = await open(to, 'wx', mode);
  await onWrite?.(`write ${to}`);
  await writeAll(target, bytes);
  const changed = stampOf(from) !== before;
  await onWrite?.(`sync ${to}`);
  if (onWrite !== null) await target.sync();
  return { ...digestBytes(bytes, null), changed };
}

/** Writes text to a new file and onto the disk itself. */
export async function writeDurably(text: string, to: string, onWrite: OnWrite): Promise<void> {
  await onWrite(`create ${to}`);
  await using target = await open(to, 'wx', 0o444);
  await onWrite(`write ${to}`);
  await writeAll(target, Buffer.from(text, 'utf8'));
  await onWrite(`sync ${to}`);
  await target.sync();
}

/** Makes a directory's entries (renames, links) survive a loss of power. */
export async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r');
  await directory.sync();
}

/**
 * Copies a file to a new, writable path and tells the digest of the copy: by sharing blocks where the file system
 * can, else byte by byte. Never a hard link: whoever gets the copy may write to it.
 */
export async function copyOut(from: string, to: string): Promise<Copied> {
  if (await isSmall(from)) return await copySmall(from, to, 0o644, null);
  return await onFileThread({ kind: 'copy', from, to, mode: 0o644, durable: false });
}

/** Digest and size of a local file. */
export async function digestFile(path: string): Promise<Copied> {
  return await digestInBlocks(path, null);
}

/**
 * Digest and size of a local file that is about to be sent, and the MD5 of each of its blocks, in one reading.
 *
 * @throws SluiceError `Corrupt` when somebody writes to the file meanwhile
 */
export async function digestSource(path: string, blockBytes: number): Promise<Digested> {
  return unchanged(await digestInBlocks(path, blockBytes), path);
}

async function digestInBlocks(path: string, blockBytes: number | null): Promise<Digested> {
  if (await isSmall(path)) {
    const before = stampOf(path);
    const digested = digestBytes(await readFile(path), blockBytes);
    return { ...digested, changed: stampOf(path) !== before };
  }
  return await onFileThread({ kind: 'digest', path, blockBytes });
}

async function isSmall(path: string): Promise<boolean> {
  return (await stat(path)).size <= inlineBytes;
}

function unchanged(digested: Digested, path: string): Digested {
  if (digested.changed) throw changedWhileStored(path);
  return digested;
}

export function changedWhileStored(path: string): SluiceError {
  return new SluiceError(ErrorCode.Corrupt, 'The file changed while it was being stored.', {
    where: path,
    fix: 'Write an artifact completely before it is stored.',
    permanent: false,
  });
}

async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done);
    done += bytesWritten;
  }
}
