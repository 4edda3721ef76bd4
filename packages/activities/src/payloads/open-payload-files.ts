import { resolve } from 'node:path';
import type { StoreConfig } from '@sluice/sdk';
import { azureOptions } from '../store/open-store.ts';
import { payloadBlobs } from './payload-blobs.ts';
import { type PayloadFiles, payloadFolder } from './payload-files.ts';

/** Beside the artifacts of the store that a project's config asks for. @throws SluiceError `InvalidConfig` */
export function openPayloadFiles(config: StoreConfig | undefined, root: string): PayloadFiles {
  if (config?.kind === 'azure-blob') return payloadBlobs(azureOptions(config));
  return payloadFolder(resolve(root, config?.root ?? '.sluice/store'));
}
