import type { ContainerClient } from '@azure/storage-blob';
import { ErrorCode, SluiceError } from '@sluice/sdk';
import { isConflict, onAzure } from './azure-error.ts';

export interface AzureBlobStoreOptions {
  /** `https://<account>.blob.core.windows.net`; signed in by Azure's default credential chain. */
  readonly url?: string;
  /** Instead of `url`: an account's connection string. */
  readonly connectionString?: string;
  readonly container: string;
  /** Put before every blob's name, with a `/` between. @default '' */
  readonly prefix?: string;
}

/** Signs in and makes the container on first use; a failure is tried again by the next caller. */
export function lazyContainer(options: AzureBlobStoreOptions): () => Promise<ContainerClient> {
  let opened: Promise<ContainerClient> | null = null;
  return () => {
    opened ??= openContainer(options).catch((error) => {
      opened = null;
      throw error;
    });
    return opened;
  };
}

async function openContainer(options: AzureBlobStoreOptions): Promise<ContainerClient> {
  const { BlobServiceClient } = await import('@azure/storage-blob');
  const retryOptions = { maxTries: 4, retryDelayInMs: 500, maxRetryDelayInMs: 10_000, tryTimeoutInMs: 120_000 };
  const service =
    options.connectionString === undefined
      ? new BlobServiceClient(urlOf(options), await defaultCredential(), { retryOptions })
      : BlobServiceClient.fromConnectionString(options.connectionString, { retryOptions });
  const container = service.getContainerClient(options.container);
  await onAzure(container.url, async () => {
    try {
      if (!(await container.exists())) await container.create();
    } catch (error) {
      if (!isConflict(error)) throw error; // somebody else made it just now
    }
  });
  return container;
}

function urlOf(options: AzureBlobStoreOptions): string {
  if (options.url !== undefined) return options.url;
  throw new SluiceError(ErrorCode.InvalidConfig, 'azureBlob() has neither a url nor a connection string.', {
    where: `container ${options.container}`,
    fix: "Give url: 'https://<account>.blob.core.windows.net', or connectionStringEnv.",
  });
}

async function defaultCredential() {
  const { DefaultAzureCredential } = await import('@azure/identity');
  return new DefaultAzureCredential();
}
