import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { BlockBlobClient } from '@azure/storage-blob';
import { ErrorCode, SluiceError } from '@sluice/sdk';
import { isConflict, isGone } from './azure-error.ts';
import { type Copied, digestFile } from './durable-file.ts';
import { inParallel } from './in-parallel.ts';

const mebibyte = 1024 * 1024;
/** Up to this size a blob is one request. */
const singleBytes = 8 * mebibyte;
const mostBlocks = 40_000;
/** Blocks of one blob on the way at once; memory is this times the block size. */
const lanes = 4;

/**
 * Makes sure that a blob holds the bytes of a local file. The service checks every block against its MD5, the
 * committed blob's size is read back, and a file that changes under way is never committed.
 *
 * A blob that is there already is touched, so its ETag changes: a deletion that began before fails.
 */
export async function uploadFile(blob: BlockBlobClient, path: string, expected: Copied): Promise<void> {
  if (await touch(blob, expected.bytes)) return;
  await using file = await open(path, 'r');
  if (expected.bytes <= singleBytes)
    await uploadBytes(blob, await readRange(file, 0, expected.bytes, path), expected.sha256, path);
  else await uploadBlocks(blob, file, path, expected);
  await checkSize(blob, expected.bytes);
}

/** Writes text over whatever the blob holds. */
export async function uploadText(blob: BlockBlobClient, text: string): Promise<void> {
  const bytes = Buffer.from(text, 'utf8');
  await blob.upload(bytes, bytes.length, { transactionalContentMD5: md5(bytes) });
  await checkSize(blob, bytes.length);
}

/** Copies a blob to a new local file and tells what it copied; null when there is no such blob. */
export async function downloadFile(blob: BlockBlobClient, path: string): Promise<Copied | null> {
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
  return await digestFile(path);
}

/** Digest and size of a blob by reading all of it; null when there is no such blob. */
export async function digestBlob(blob: BlockBlobClient): Promise<Copied | null> {
  const found = await propertiesOf(blob);
  if (found === null) return null;
  const hash = createHash('sha256');
  for (let start = 0; start < found.bytes; start += singleBytes) {
    const length = Math.min(singleBytes, found.bytes - start);
    hash.update(await blob.downloadToBuffer(start, length, { conditions: { ifMatch: found.etag }, concurrency: 1 }));
  }
  return { sha256: hash.digest('hex'), bytes: found.bytes };
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

async function propertiesOf(blob: BlockBlobClient): Promise<{ readonly bytes: number; readonly etag: string } | null> {
  try {
    const { contentLength = 0, etag = '' } = await blob.getProperties();
    return { bytes: contentLength, etag };
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

/** False when the blob is not there with that size, or went away meanwhile. */
async function touch(blob: BlockBlobClient, bytes: number): Promise<boolean> {
  const found = await propertiesOf(blob);
  if (found === null || found.bytes !== bytes) return false;
  try {
    await blob.setMetadata({ touched: randomUUID() });
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

async function uploadBytes(blob: BlockBlobClient, bytes: Buffer, sha256: string, path: string): Promise<void> {
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw changed(path);
  await blob.upload(bytes, bytes.length, { transactionalContentMD5: md5(bytes) });
}

async function uploadBlocks(blob: BlockBlobClient, file: FileHandle, path: string, expected: Copied): Promise<void> {
  const blockBytes = Math.max(singleBytes, Math.ceil(expected.bytes / mostBlocks / mebibyte) * mebibyte);
  const starts = Array.from({ length: Math.ceil(expected.bytes / blockBytes) }, (_, index) => index * blockBytes);
  const upload = randomUUID();
  const hash = createHash('sha256');
  let reading: Promise<unknown> = Promise.resolve();
  const ids = await inParallel(starts, lanes, async (start, index) => {
    // Blocks are read one after another, in order, so that the digest of what is sent is known at the end.
    const read = reading.then(async () => {
      const block = await readRange(file, start, Math.min(blockBytes, expected.bytes - start), path);
      hash.update(block);
      return block;
    });
    reading = read.catch(() => {});
    const block = await read;
    const id = Buffer.from(`${upload}-${String(index).padStart(6, '0')}`).toString('base64');
    await blob.stageBlock(id, block, block.length, { transactionalContentMD5: md5(block) });
    return id;
  });
  if (hash.digest('hex') !== expected.sha256) throw changed(path);
  await blob.commitBlockList(ids);
}

async function readRange(file: FileHandle, start: number, length: number, path: string): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, start + done);
    if (bytesRead === 0) throw changed(path);
    done += bytesRead;
  }
  return bytes;
}

async function checkSize(blob: BlockBlobClient, bytes: number): Promise<void> {
  const found = await propertiesOf(blob);
  if (found?.bytes === bytes) return;
  throw new SluiceError(ErrorCode.Corrupt, `The blob has ${found?.bytes ?? 'no'} bytes after ${bytes} were sent.`, {
    where: blob.url,
    fix: 'Try again; nothing refers to it yet.',
    permanent: false,
  });
}

function changed(path: string): SluiceError {
  return new SluiceError(ErrorCode.Corrupt, 'The file changed while it was being stored.', {
    where: path,
    fix: 'Write an artifact completely before it is stored.',
    permanent: false,
  });
}

function md5(bytes: Buffer): Buffer {
  return createHash('md5').update(bytes).digest();
}
