import type { Payload, PayloadCodec } from '@temporalio/common';
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
        const data = close(ring, pack(payload), ABOUT);
        return { metadata: { encoding: Buffer.from(ENCODING), [KEY]: Buffer.from(ring.current) }, data };
      }),
    decode: async (payloads) =>
      payloads.map((payload): Payload => {
        const { encoding, [KEY]: id } = payload.metadata ?? {};
        if (!encoding || !id || Buffer.from(encoding).toString() !== ENCODING) return payload;
        return unpack(open(ring, Buffer.from(id).toString(), payload.data ?? new Uint8Array(), ABOUT));
      }),
  };
}

/** Four bytes with the length of the metadata, the metadata as JSON, the data as it is. */
function pack({ metadata, data }: Payload): Uint8Array {
  const entries = Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]);
  const head = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(head.length);
  return Buffer.concat([length, head, data ?? new Uint8Array()]);
}

function unpack(bytes: Uint8Array): Payload {
  const all = Buffer.from(bytes);
  const end = 4 + all.readUInt32BE(0);
  const head = JSON.parse(all.toString('utf8', 4, end)) as Record<string, string>;
  const entries = Object.entries(head).map(([name, value]) => [name, Buffer.from(value, 'base64')]);
  return { metadata: Object.fromEntries(entries), data: all.subarray(end) };
}
