import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fnv1a64 } from './fnv.ts';

it('is FNV-1a of 64 bits, as in the test vectors of its authors', () => {
  const vectors = { '': 'cbf29ce484222325', a: 'af63dc4c8601ec8c', foobar: '85944171f73967e8' };
  for (const [text, digest] of Object.entries(vectors)) expect(fnv1a64(text)).toBe(digest);
});

it('is the same as by whole 64-bit numbers, for any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      let hash = 0xcbf29ce484222325n;
      for (const byte of new TextEncoder().encode(text)) {
        hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
      }
      expect(fnv1a64(text)).toBe(hash.toString(16).padStart(16, '0'));
    }),
  );
});
