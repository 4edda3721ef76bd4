import type { BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import { isConflict, isGone } from './azure-error.ts';

/** A blob as a listing shows it; names are without the store's prefix. */
export interface ListedBlob {
  readonly name: string;
  readonly bytes: number;
  readonly etag: string;
  readonly changedAt: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Blobs by their names below a store's prefix. */
export interface AzureListing {
  blobAt(name: string): Promise<BlockBlobClient>;
  /** All whose names begin with `start`, in the order of their names. */
  list(start: string): AsyncIterable<ListedBlob>;
  /** False when the blob was written or touched since its ETag was read. */
  deleteUnchanged(blob: Pick<ListedBlob, 'name' | 'etag'>): Promise<boolean>;
}

export function azureListing(container: () => Promise<ContainerClient>, prefix: string): AzureListing {
  const blobAt = async (name: string): Promise<BlockBlobClient> =>
    (await container()).getBlockBlobClient(prefix + name);
  return {
    blobAt,
    async *list(start) {
      const options = { prefix: prefix + start, includeMetadata: true };
      for await (const { name, properties, metadata } of (await container()).listBlobsFlat(options)) {
        yield {
          name: name.slice(prefix.length),
          bytes: properties.contentLength ?? 0,
          etag: properties.etag,
          changedAt: properties.lastModified.getTime(),
          metadata: metadata ?? {},
        };
      }
    },
    async deleteUnchanged({ name, etag }) {
      try {
        await (await blobAt(name)).delete({ conditions: { ifMatch: etag } });
        return true;
      } catch (error) {
        if (isGone(error)) return true;
        if (isConflict(error)) return false;
        throw error;
      }
    },
  };
}
