/** The project's keys, and what they close. Light: it loads nothing else of this package. */
export { type Keyring, keyringOf } from './keyring.ts';
export { payloadCodec } from './payload-codec.ts';
export { openToken, sealToken } from './sealed-token.ts';
