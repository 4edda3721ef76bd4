import { randomUUID } from 'node:crypto';
import type { BlockBlobClient } from '@azure/storage-blob';
import { ErrorCode, SluiceError } from '@sluice/sdk';
import type { Pointer } from './artifact-store.ts';
import { isConflict, isGone } from './azure-error.ts';
import { downloadText } from './azure-transfer.ts';
import { entryName } from './entry-name.ts';

interface PointerBlob {
  readonly key: string;
  /** Tells a writer whose request was sent twice, because its first answer was lost, that it has won. */
  readonly nonce: string;
  readonly value: string;
}

/** Name of the blob that holds a pointer. */
export function pointerName(key: string): string {
  return `pointers/${entryName(key)}.json`;
}

export async function readAzurePointer(blob: BlockBlobClient): Promise<(Pointer & { readonly key: string }) | null> {
  const found = await readBlob(blob);
  return found && { key: found.content.key, value: found.content.value, version: found.etag };
}

/** Writes under the condition that the blob is still the expected one; the ETag is the version. */
export async function swapAzurePointer(
  blob: BlockBlobClient,
  key: string,
  expected: string | null,
  value: string,
): Promise<string | null> {
  const mine: PointerBlob = { key, nonce: randomUUID(), value };
  const bytes = Buffer.from(JSON.stringify(mine), 'utf8');
  const conditions = expected === null ? { ifNoneMatch: '*' } : { ifMatch: expected };
  try {
    const { etag } = await blob.upload(bytes, bytes.length, { conditions });
    if (etag !== undefined) return etag;
  } catch (error) {
    if (!isConflict(error) && !isGone(error)) throw error;
  }
  const found = await readBlob(blob);
  return found?.content.nonce === mine.nonce ? found.etag : null;
}

async function readBlob(blob: BlockBlobClient): Promise<{ content: PointerBlob; etag: string } | null> {
  const found = await downloadText(blob);
  if (found === null) return null;
  try {
    return { content: JSON.parse(found.text) as PointerBlob, etag: found.etag };
  } catch (cause) {
    throw new SluiceError(ErrorCode.Corrupt, 'A pointer does not hold what Sluice writes.', {
      where: blob.url,
      fix: 'Restore the blob from one of its versions; nothing but Sluice should write below its prefix.',
      cause,
    });
  }
}
