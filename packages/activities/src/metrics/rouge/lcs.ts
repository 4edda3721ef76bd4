/**
 * Longest common subsequences by rows of bits: Hyyrö, "Bit-parallel LCS-length computation revisited" (2004). Bit i of
 * the row of j is 0 where the LCS of the first i + 1 symbols of `a` and the first j of `b` is longer than that of the
 * first i: 32 cells of the table in one step, and one bit a cell where the table has to be kept.
 */

/** Steps of 32 cells that one comparison may take: about three seconds. Two texts of 1 MB are within it. */
export const MOST_STEPS = 1e9;

/** Bytes of the table of bits that may be kept: two sentences of about 20,000 words. */
export const MOST_BYTES = 64 * 2 ** 20;

export function lcsSteps(a: number, b: number): number {
  return Math.ceil(a / 32) * b;
}

/** What comparisons of one pair of texts share, so that none of them allocates as many places as there are symbols. */
export interface Workspace {
  /** The first place of a symbol in `a`; −1 for none, as it is between two uses. */
  readonly heads: Int32Array;
  table: Uint32Array;
}

/** @param symbols how many different symbols the texts have, numbered from 0 on */
export function workspace(symbols: number): Workspace {
  return { heads: new Int32Array(symbols).fill(-1), table: new Uint32Array(0) };
}

/** Length of the longest common subsequence. Memory grows as the length of `a`, not as the product. */
export function lcsLength(a: Int32Array, b: Int32Array, space: Workspace): number {
  if (a.length === 0 || b.length === 0) return 0;
  const rows = bitRows(a, space);
  const row = rows.start();
  for (const symbol of b) rows.next(row, symbol);
  rows.end();
  let zeros = 0;
  for (let i = 0; i < a.length; i += 1) if (isLonger(row, i)) zeros += 1;
  return zeros;
}

/**
 * Marks the places in `a` that are in one longest common subsequence with any of `others`: of several subsequences,
 * the one that `rouge_score` reads out of its table, which on a tie goes up.
 */
export function unionOfLcs(a: Int32Array, others: readonly Int32Array[], space: Workspace): Uint8Array {
  const marks = new Uint8Array(a.length);
  const rows = bitRows(a, space);
  for (const b of others) {
    const bits = rows.width * b.length;
    if (space.table.length < bits) space.table = new Uint32Array(bits);
    const row = rows.start();
    for (let j = 0; j < b.length; j += 1) {
      rows.next(row, b[j] as number);
      space.table.set(row, j * rows.width);
    }
    readOut(a, b, { table: space.table, width: rows.width }, marks);
  }
  rows.end();
  return marks;
}

function readOut(
  a: Int32Array,
  b: Int32Array,
  { table, width }: { readonly table: Uint32Array; readonly width: number },
  marks: Uint8Array,
): void {
  let i = a.length - 1;
  let j = b.length - 1;
  while (i >= 0 && j >= 0) {
    if (a[i] === b[j]) {
      marks[i] = 1;
      i -= 1;
      j -= 1;
    } else if (isLonger(table, j * width * 32 + i)) {
      // Not by this pair: so what is left of the cell is greater than what is above it.
      j -= 1;
    } else {
      i -= 1;
    }
  }
}

function isLonger(bits: Uint32Array, at: number): boolean {
  return (((bits[Math.floor(at / 32)] as number) >>> (at & 31)) & 1) === 0;
}

function bitRows(a: Int32Array, { heads }: Workspace) {
  const width = Math.ceil(a.length / 32);
  const match = new Uint32Array(width);
  const first = new Uint32Array(width).fill(0xffffffff);
  /** The next place of the same symbol; places of one symbol go up. */
  const nexts = new Int32Array(a.length);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    const symbol = a[i] as number;
    nexts[i] = heads[symbol] as number;
    heads[symbol] = i;
  }
  return {
    width,
    start: () => first.slice(),
    /** row ← (row + (row & match)) | (row & ~match), over words of 32 bits with a carry. */
    next(row: Uint32Array, symbol: number): void {
      const head = heads[symbol] as number;
      if (head < 0) return; // Occurs in `b` only: nothing gets longer.
      for (let i = head; i >= 0; i = nexts[i] as number) match[i >>> 5] = (match[i >>> 5] as number) | (1 << (i & 31));
      let carry = 0;
      for (let word = head >>> 5; word < width; word += 1) {
        const bits = row[word] as number;
        const matching = (bits & (match[word] as number)) >>> 0;
        const sum = bits + matching + carry;
        carry = sum > 0xffffffff ? 1 : 0;
        row[word] = sum | (bits & ~matching);
      }
      for (let i = head; i >= 0; i = nexts[i] as number) match[i >>> 5] = 0;
    },
    end(): void {
      for (const symbol of a) heads[symbol] = -1;
    },
  };
}
