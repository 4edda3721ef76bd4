import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, type FileHandle, open } from 'node:fs/promises';

/** Called before every step that changes the disk, with its number and what it is; tests kill the process in it. */
export type OnWrite = (what: string) => void | Promise<void>;

export interface Copied {
  readonly sha256: string;
  readonly bytes: number;
}

const chunkBytes = 1024 * 1024;

/** Copies a file to a new path and onto the disk itself; the digest is of the bytes that were written. */
export async function copyDurably(from: string, to: string, onWrite: OnWrite): Promise<Copied> {
  await using source = await open(from, 'r');
  await onWrite(`create ${to}`);
  await using target = await open(to, 'wx', 0o444);
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of chunksOf(source)) {
    hash.update(chunk);
    await onWrite(`write ${to}`);
    await writeAll(target, chunk);
    bytes += chunk.length;
  }
  await onWrite(`sync ${to}`);
  await target.sync();
  return { sha256: hash.digest('hex'), bytes };
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
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
  } catch {
    return await copyBytes(from, to);
  }
  await using copy = await open(to, 'r');
  await copy.chmod(0o644);
  return await digestOf(copy);
}

async function copyBytes(from: string, to: string): Promise<Copied> {
  await using source = await open(from, 'r');
  await using target = await open(to, 'wx', 0o644);
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of chunksOf(source)) {
    hash.update(chunk);
    await writeAll(target, chunk);
    bytes += chunk.length;
  }
  return { sha256: hash.digest('hex'), bytes };
}

/** Digest and size of a local file. */
export async function digestFile(path: string): Promise<Copied> {
  await using file = await open(path, 'r');
  return await digestOf(file);
}

async function digestOf(file: FileHandle): Promise<Copied> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of chunksOf(file)) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { sha256: hash.digest('hex'), bytes };
}

/** Every chunk lies in the same buffer: use it before asking for the next. */
async function* chunksOf(file: FileHandle): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(chunkBytes);
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done);
    done += bytesWritten;
  }
}
