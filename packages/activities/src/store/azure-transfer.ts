import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { BlockBlobClient } from '@azure/storage-blob';
import { ErrorCode, SluiceError } from '@sluice/sdk';
import { isBadBlockList, isConflict, isGone, isOtherMd5 } from './azure-error.ts';
import { type Copied, changedWhileStored, digestFile, digestSource } from './durable-file.ts';
import type { Digested } from './file-bytes.ts';
import { inParallel } from './in-parallel.ts';

const mebibyte = 1024 * 1024;
/** Up to this size a blob is one request. */
const singleBytes = 8 * mebibyte;
const mostBlocks = 40_000;
/** Blocks of one blob on the way at once; memory is this times the block size. */
const lanes = 4;
/** Whoever commits a block list drops the blocks of all others; so often one sends them again. */
const mostRounds = 8;

/** A local file, as it was read once: its digest, and the MD5 of each block that will be sent. */
export interface Source extends Digested {
  readonly path: string;
  readonly blockBytes: number;
}

/** Reads a local file for {@link uploadFile}. @param bytes its size now, which decides the size of its blocks */
export async function sourceOf(path: string, bytes: number): Promise<Source> {
  const needed = Math.ceil(bytes / mostBlocks / mebibyte) * mebibyte;
  const blockBytes = Math.max(singleBytes, needed);
  return { path, blockBytes, ...(await digestSource(path, blockBytes)) };
}

/**
 * Makes sure that a blob holds the bytes of a local file. The service compares every block with the MD5 that the block
 * had when the file's digest was made, so nothing is hashed or read a second time, and a file that changed since is
 * never committed. The digest is written beside the bytes, in one step with them: only a blob that carries it is taken
 * for what it should be, and damage that is found takes it away.
 *
 * A blob that is there already is touched, so its ETag changes: a deletion that began before fails.
 */
export async function uploadFile(blob: BlockBlobClient, source: Source): Promise<void> {
  await using file = await open(source.path, 'r');
  for (let round = 1; !(await touch(blob, source)); round++) {
    try {
      if (source.bytes <= singleBytes) await uploadWhole(blob, file, source);
      else await uploadBlocks(blob, file, source);
      return await checkUpload(blob, source);
    } catch (error) {
      if (isOtherMd5(error)) throw changedWhileStored(source.path);
      if (!isBadBlockList(error) || round === mostRounds) throw error;
    }
  }
}

/** Writes text over whatever the blob holds. */
export async function uploadText(blob: BlockBlobClient, text: string): Promise<void> {
  const bytes = Buffer.from(text, 'utf8');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const md5 = createHash('md5').update(bytes).digest();
  await blob.upload(bytes, bytes.length, { transactionalContentMD5: md5, metadata: { sha256 } });
  await checkUpload(blob, { sha256, bytes: bytes.length });
}

/** Takes its digest away from a blob whose bytes turned out to be others, so that the next put sends them again. */
export async function distrust(blob: BlockBlobClient, etag: string): Promise<void> {
  await blob.setMetadata({}, { conditions: { ifMatch: etag } }).catch(() => {}); // else somebody has written it anew
}

/** Copies a blob to a new local file and tells what it copied; null when there is no such blob. */
export async function downloadFile(blob: BlockBlobClient, path: string): Promise<(Copied & Tagged) | null> {
  const found = await propertiesOf(blob);
  if (found === null) return null;
  const { bytes, etag } = found;
  {
    await using file = await open(path, 'wx', 0o644);
    const starts = Array.from({ length: Math.ceil(bytes / singleBytes) }, (_, index) => index * singleBytes);
    await inParallel(starts, lanes, async (start) => {
      const length = Math.min(singleBytes, bytes - start);
      const chunk = await blob.downloadToBuffer(start, length, { conditions: { ifMatch: etag }, concurrency: 1 });
      await file.write(chunk, 0, chunk.length, start);
    });
  }
  return { ...(await digestFile(path)), etag };
}

/** Digest and size of a blob by reading all of it; null when there is no such blob. */
export async function digestBlob(blob: BlockBlobClient): Promise<(Copied & Tagged) | null> {
  const found = await propertiesOf(blob);
  if (found === null) return null;
  const hash = createHash('sha256');
  for (let start = 0; start < found.bytes; start += singleBytes) {
    const length = Math.min(singleBytes, found.bytes - start);
    hash.update(await blob.downloadToBuffer(start, length, { conditions: { ifMatch: found.etag }, concurrency: 1 }));
  }
  return { sha256: hash.digest('hex'), bytes: found.bytes, etag: found.etag };
}

/** The text of a blob and its ETag; null when there is no such blob. */
export async function downloadText(blob: BlockBlobClient): Promise<{ text: string; etag: string } | null> {
  const found = await propertiesOf(blob);
  if (found === null) return null;
  if (found.bytes === 0) return { text: '', etag: found.etag };
  try {
    const bytes = await blob.downloadToBuffer(0, found.bytes, { conditions: { ifMatch: found.etag } });
    return { text: bytes.toString('utf8'), etag: found.etag };
  } catch (error) {
    if (isConflict(error)) return await downloadText(blob); // it changed since its size was read
    if (isGone(error)) return null;
    throw error;
  }
}

interface Tagged {
  readonly etag: string;
}

interface Properties extends Tagged {
  readonly bytes: number;
  /** Digest that was written with the bytes; null where there is none to be trusted. */
  readonly sha256: string | null;
}

async function propertiesOf(blob: BlockBlobClient): Promise<Properties | null> {
  try {
    const { contentLength = 0, etag = '', metadata } = await blob.getProperties();
    return { bytes: contentLength, etag, sha256: metadata?.sha256 ?? null };
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

/** False when the blob is not there with that size and digest, or went away meanwhile. */
async function touch(blob: BlockBlobClient, { bytes, sha256 }: Copied): Promise<boolean> {
  for (;;) {
    const found = await propertiesOf(blob);
    if (found === null || found.bytes !== bytes || found.sha256 !== sha256) return false;
    try {
      await blob.setMetadata({ sha256, touched: randomUUID() }, { conditions: { ifMatch: found.etag } });
      return true;
    } catch (error) {
      if (isGone(error)) return false;
      if (!isConflict(error)) throw error; // else it was written or touched since: look again
    }
  }
}

async function uploadWhole(blob: BlockBlobClient, file: FileHandle, source: Source): Promise<void> {
  const bytes = await readRange(file, 0, source.bytes, source.path);
  const transactionalContentMD5 = Buffer.from(source.blocks[0] ?? '', 'base64');
  await blob.upload(bytes, bytes.length, { transactionalContentMD5, metadata: { sha256: source.sha256 } });
}

async function uploadBlocks(blob: BlockBlobClient, file: FileHandle, source: Source): Promise<void> {
  const upload = randomUUID();
  const ids = await inParallel(source.blocks, lanes, async (md5, index) => {
    const start = index * source.blockBytes;
    const block = await readRange(file, start, Math.min(source.blockBytes, source.bytes - start), source.path);
    const id = Buffer.from(`${upload}-${String(index).padStart(6, '0')}`).toString('base64');
    await blob.stageBlock(id, block, block.length, { transactionalContentMD5: Buffer.from(md5, 'base64') });
    return id;
  });
  await blob.commitBlockList(ids, { metadata: { sha256: source.sha256 } });
}

async function readRange(file: FileHandle, start: number, length: number, path: string): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, start + done);
    if (bytesRead === 0) throw changedWhileStored(path);
    done += bytesRead;
  }
  return bytes;
}

async function checkUpload(blob: BlockBlobClient, { bytes, sha256 }: Copied): Promise<void> {
  const found = await propertiesOf(blob);
  if (found?.bytes === bytes && found.sha256 === sha256) return;
  throw new SluiceError(ErrorCode.Corrupt, `The blob has ${found?.bytes ?? 'no'} bytes after ${bytes} were sent.`, {
    where: blob.url,
    fix: 'Try again; nothing refers to it yet.',
    permanent: false,
  });
}
