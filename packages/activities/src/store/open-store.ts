import { resolve } from 'node:path';
import { ErrorCode, SluiceError, type StoreConfig } from '@sluice/sdk';
import { azureBlobStore } from './azure-blob-store.ts';
import type { AzureBlobStoreOptions } from './azure-container.ts';
import { fileStore } from './file-store.ts';
import type { SweepableStore } from './store-sweep.ts';

export { inParallel } from './in-parallel.ts';

/**
 * The store a project's config asks for. `root` is the project's folder; a file store's root is relative to it.
 *
 * @param config @default file('.sluice/store')
 * @throws SluiceError `InvalidConfig`
 */
export function openStore(config: StoreConfig | undefined, root: string): SweepableStore {
  if (config?.kind === 'azure-blob') return azureBlobStore(azureOptions(config));
  return fileStore(resolve(root, config?.root ?? '.sluice/store'));
}

/** @throws SluiceError `InvalidConfig` */
export function azureOptions(config: Extract<StoreConfig, { kind: 'azure-blob' }>): AzureBlobStoreOptions {
  const { url, connectionStringEnv, container, prefix } = config;
  const connectionString = connectionStringEnv === undefined ? undefined : process.env[connectionStringEnv];
  if (connectionStringEnv !== undefined && !connectionString) {
    throw new SluiceError(ErrorCode.InvalidConfig, `The environment variable ${connectionStringEnv} is not set.`, {
      where: 'sluice.config.ts, store',
      fix: 'Set it to the connection string of the storage account, or give url and sign in by identity.',
    });
  }
  if (url === undefined && connectionString === undefined) {
    throw new SluiceError(ErrorCode.InvalidConfig, 'azureBlob() needs a url or connectionStringEnv.', {
      where: 'sluice.config.ts, store',
      fix: "Give url: 'https://<account>.blob.core.windows.net'.",
    });
  }
  return {
    container,
    ...(url === undefined ? {} : { url }),
    ...(connectionString === undefined ? {} : { connectionString }),
    ...(prefix === undefined ? {} : { prefix }),
  };
}
