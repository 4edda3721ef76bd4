/** A reproducible stream of random numbers. */
export interface Random {
  /** A whole number, 0 to 2³² − 1. */
  next(): number;
  /** A whole number, 0 to `count` − 1; `count` is 1 to 2³². Even but for `count` / 2³² of a share. */
  below(count: number): number;
}

/**
 * xoshiro128** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021), its state filled from
 * a hash of the seed. The same seed gives the same stream on every machine.
 *
 * @param seed Any number or text; text is for streams within one computation, `${seed}/carrier=AA`.
 */
export function seededRandom(seed: number | string): Random {
  const fill = splitMix32(hash(String(seed)));
  return xoshiro128([fill(), fill(), fill(), fill()]);
}

export function xoshiro128(state: readonly [number, number, number, number]): Random {
  let [a, b, c, d] = state;
  if ((a | b | c | d) === 0) a = 1; // The one state it cannot leave.
  const next = (): number => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  };
  return { next, below: (count) => Math.floor((next() / 4294967296) * count) };
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

/** FNV-1a over UTF-16 code units, its bits mixed as MurmurHash3 does at its end; 32 bits. */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    value = Math.imul(value ^ (unit & 0xff), 0x01000193);
    value = Math.imul(value ^ (unit >>> 8), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

function splitMix32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
}
