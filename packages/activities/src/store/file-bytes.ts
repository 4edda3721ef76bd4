import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';

/** Called before every step that changes the disk, with what it is; tests kill the process in it. */
export type OnWrite = (what: string) => void | Promise<void>;

/** What was read of a file, from its first byte to its last. */
export interface Digested {
  readonly sha256: string;
  readonly bytes: number;
  /** MD5 of each block, base64, where blocks were asked for. */
  readonly blocks: readonly string[];
  /** Somebody wrote to the file while it was read: what was read may never have been its content. */
  readonly changed: boolean;
}

export interface CopyOptions {
  /** Of the new file. */
  readonly mode: number;
  /** Forces the bytes onto the disk itself. */
  readonly durable: boolean;
  readonly onWrite?: OnWrite;
}

const chunkBytes = 4 * 1024 * 1024;
/** So much is written before the disk is asked to begin with it, while hashing goes on. */
const flushBytes = 128 * 1024 * 1024;

/**
 * Copies a file to a new path and tells what was written. Every byte is read once and hashed once; reading the next
 * chunk, hashing this one and writing it go on at the same time.
 */
export async function copyAndDigest(from: string, to: string, options: CopyOptions): Promise<Digested> {
  const { mode, durable, onWrite } = options;
  await using source = await open(from, 'r');
  await onWrite?.(`create ${to}`);
  await using target = await open(to, 'wx', mode);
  let unflushed = 0;
  let flushing: Promise<void> | null = null;
  const digested = await digestChunks(source, null, async (chunk) => {
    await onWrite?.(`write ${to}`);
    await writeAll(target, chunk);
    unflushed += chunk.length;
    if (!durable || unflushed < flushBytes || flushing !== null) return;
    unflushed = 0;
    // A failure shows again in the sync at the end.
    flushing = target.datasync().then(
      () => {
        flushing = null;
      },
      () => {},
    );
  });
  if (durable) {
    await flushing;
    await onWrite?.(`sync ${to}`);
    await target.sync();
  }
  return digested;
}

/** @param blockBytes size of the blocks whose MD5 is wanted too; null for none */
export async function digestOnly(path: string, blockBytes: number | null): Promise<Digested> {
  await using file = await open(path, 'r');
  return await digestChunks(file, blockBytes, null);
}

async function digestChunks(
  file: FileHandle,
  blockBytes: number | null,
  use: ((chunk: Buffer) => Promise<void>) | null,
): Promise<Digested> {
  const before = await file.stat({ bigint: true });
  const size = Number(before.size);
  const hash = createHash('sha256');
  const blocks = blockBytes === null ? null : blockDigests(blockBytes);
  // An empty file still needs room to see that it has ended; two buffers, since the next chunk is read meanwhile.
  const buffers = [0, 1].map(() => Buffer.allocUnsafe(Math.min(chunkBytes, size + 1)));
  let bytes = 0;
  let turn = 0;
  const read = async (): Promise<Buffer> => {
    const buffer = buffers[turn++ % 2] as Buffer;
    const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
    return buffer.subarray(0, bytesRead);
  };
  for (let chunk = await read(); chunk.length > 0; ) {
    bytes += chunk.length;
    const [next, used] = [read(), use?.(chunk)];
    hash.update(chunk);
    blocks?.update(chunk);
    [chunk] = await settled(next, used);
  }
  const after = await file.stat({ bigint: true });
  const changed = after.mtimeNs !== before.mtimeNs || after.size !== before.size || BigInt(bytes) !== before.size;
  return { sha256: hash.digest('hex'), bytes, blocks: blocks?.end() ?? [], changed };
}

/** Both results once neither is under way any more: their buffers and files are free then. */
async function settled<T, U>(first: Promise<T>, second: Promise<U> | undefined): Promise<[T, U | undefined]> {
  const [one, two] = await Promise.allSettled([first, second]);
  if (one.status === 'rejected') throw one.reason;
  if (two.status === 'rejected') throw two.reason;
  return [one.value, two.value];
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
    update(chunk: Buffer): void {
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

export async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done);
    done += bytesWritten;
  }
}
