import { INLINE_PAYLOAD } from '@sluice/sdk';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { staysInline } from '../payloads/inline.ts';
import { packPayload, unpackPayload } from '../payloads/packed-payload.ts';
import { close, type Keyring, open } from './keyring.ts';

const ENCODING = 'binary/encrypted';
const KEY = 'sluice-key';
const ABOUT = 'sluice payload v1';

/**
 * Closes everything that goes into Temporal's histories, for clients and workers alike. What came in clear (from
 * Temporal's own UI, or from before the codec was turned on) is read as it is.
 */
export function payloadCodec(ring: Keyring): PayloadCodec {
  return {
    encode: async (payloads) =>
      payloads.map((payload): Payload => {
        const data = close(ring, packPayload(payload), ABOUT);
        const inline = staysInline(payload) ? { [INLINE_PAYLOAD]: new Uint8Array() } : {};
        return { metadata: { encoding: Buffer.from(ENCODING), [KEY]: Buffer.from(ring.current), ...inline }, data };
      }),
    decode: async (payloads) =>
      payloads.map((payload): Payload => {
        const { encoding, [KEY]: id } = payload.metadata ?? {};
        if (!encoding || !id || Buffer.from(encoding).toString() !== ENCODING) return payload;
        return unpackPayload(open(ring, Buffer.from(id).toString(), payload.data ?? new Uint8Array(), ABOUT));
      }),
  };
}
