import { utf8 } from './utf8.ts';

/**
 * A fingerprint of a text in UTF-8 as 16 hexadecimal digits: FNV-1a of 64 bits
 * (http://www.isthe.com/chongo/tech/comp/fnv). The sandbox has no cryptography; this tells apart what differs by
 * accident, and nothing that somebody made to look alike.
 */
export function fnv1a64(text: string): string {
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (const byte of utf8(text)) {
    low = (low ^ byte) >>> 0;
    // Times the prime 2^40 + 0x1b3, modulo 2^64.
    const product = low * 0x1b3;
    high = (Math.imul(high, 0x1b3) + Math.floor(product / 2 ** 32) + (low << 8)) >>> 0;
    low = product >>> 0;
  }
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}
