import type { PayloadCodec } from '@temporalio/common';
import { unpackPayload } from './packed-payload.ts';

/**
 * The data of a payload that lies in the store, in clear; undefined where no codec has closed it, so that its bytes can
 * be read as they are.
 *
 * @param codecs as a client has them, the one that runs first at the front
 */
export function payloadOpener(
  codecs: readonly PayloadCodec[],
): ((bytes: Uint8Array) => Promise<Uint8Array>) | undefined {
  if (codecs.length === 0) return undefined;
  return async (bytes) => {
    let payloads = [unpackPayload(bytes)];
    for (const codec of codecs.toReversed()) payloads = await codec.decode(payloads);
    return payloads[0]?.data ?? new Uint8Array();
  };
}
