import type { SluiceConfig } from '@sluice/sdk';
import { type DataConverter, ExternalStorage } from '@temporalio/common';
import { keyringOf } from '../encryption/keyring.ts';
import { payloadCodec } from '../encryption/payload-codec.ts';
import { staysInline } from './inline.ts';
import { openPayloadFiles } from './open-payload-files.ts';
import { payloadDriver } from './storage-driver.ts';

/**
 * Payloads from this size on lie in the store. The spec of a step and what it returns have one to six kilobytes, so
 * they stay readable in Temporal's UI; 500 branches with the largest that stay make 16 MB of a history's 50.
 */
export const STORED_FROM = 32 * 1024;

/** What a client sends goes to the store from here on only: people start runs from machines that do not reach it. */
export const SENT_FROM = 1024 * 1024;

/**
 * How a project's data crosses Temporal, for workers, clients and tests alike: big payloads by reference to its artifact
 * store, and all of them encrypted where the config says so. The store is opened when the first is met.
 */
export function projectConverter(
  project: { readonly root: string; readonly config: Pick<SluiceConfig, 'encryption' | 'store'> },
  side: 'worker' | 'client' = 'worker',
): DataConverter {
  const { root, config } = project;
  const ring = config.encryption?.payloads ? keyringOf(config) : null;
  const driver = payloadDriver(() => openPayloadFiles(config.store, root));
  return {
    ...(ring === null ? {} : { payloadCodecs: [payloadCodec(ring)] }),
    externalStorage: new ExternalStorage({
      drivers: [driver],
      driverSelector: (_context, payload) => (staysInline(payload) ? null : driver),
      payloadSizeThreshold: side === 'client' ? SENT_FROM : STORED_FROM,
    }),
  };
}
