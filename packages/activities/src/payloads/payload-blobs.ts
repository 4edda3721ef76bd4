import { createHash } from 'node:crypto';
import { type AzureBlobStoreOptions, lazyContainer } from '../store/azure-container.ts';
import { isGone, onAzure } from '../store/azure-error.ts';
import type { PayloadFiles } from './payload-files.ts';

/** Payloads in an Azure Blob Storage container, beside the artifacts. */
export function payloadBlobs(options: AzureBlobStoreOptions): PayloadFiles {
  const container = lazyContainer(options);
  const prefix = `${options.prefix ? `${options.prefix.replace(/^\/+|\/+$/g, '')}/` : ''}payloads/`;
  const place = `${options.url ?? 'azure-blob:'}/${options.container}/${prefix}`.replace(/([^:/])\/+/g, '$1/');
  const blobAt = async (name: string) => (await container()).getBlockBlobClient(prefix + name);
  return {
    put: (name, bytes) =>
      onAzure(place, async () => {
        const transactionalContentMD5 = createHash('md5').update(bytes).digest();
        await (await blobAt(name)).upload(Buffer.from(bytes), bytes.length, { transactionalContentMD5 });
      }),
    get: (name) =>
      onAzure(place, async () => {
        try {
          return await (await blobAt(name)).downloadToBuffer();
        } catch (error) {
          if (isGone(error)) return null;
          throw error;
        }
      }),
    locate: (name) => place + name,
  };
}
