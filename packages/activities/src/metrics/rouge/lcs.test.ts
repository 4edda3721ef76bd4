import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lcsLength, unionOfLcs, workspace } from './lcs.ts';

/** The table of `rouge_score`, cell by cell. */
function table(a: readonly number[], b: readonly number[]): number[][] {
  const cells = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = 1; i <= a.length; i += 1) {
    for (let j = 1; j <= b.length; j += 1) {
      const [row, above] = [cells[i] as number[], cells[i - 1] as number[]];
      const longer = Math.max(above[j] as number, row[j - 1] as number);
      row[j] = a[i - 1] === b[j - 1] ? (above[j - 1] as number) + 1 : longer;
    }
  }
  return cells;
}

/** `_backtrack_norec` of `rouge_score`. */
function places(a: readonly number[], b: readonly number[]): number[] {
  const cells = table(a, b);
  const found = [];
  let [i, j] = [a.length, b.length];
  while (i > 0 && j > 0) {
    if (a[i - 1] === b[j - 1]) {
      found.push(i - 1);
      i -= 1;
      j -= 1;
    } else if (((cells[i] as number[])[j - 1] as number) > ((cells[i - 1] as number[])[j] as number)) j -= 1;
    else i -= 1;
  }
  return found;
}

const symbols = 4;
const text = fc.array(fc.nat(symbols - 1), { maxLength: 100 });

describe('longest common subsequences by bits', () => {
  test('have the length that the table has', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(lcsLength(Int32Array.from(a), Int32Array.from(b), workspace(symbols))).toBe(
          table(a, b)[a.length]?.[b.length],
        );
      }),
      { numRuns: 500 },
    );
  });

  test('are, of several of one length, the ones that rouge_score reads out', () => {
    fc.assert(
      fc.property(text, fc.array(text, { maxLength: 4 }), (a, others) => {
        const space = workspace(symbols);
        const marks = unionOfLcs(
          Int32Array.from(a),
          others.map((one) => Int32Array.from(one)),
          space,
        );
        const wanted = new Set(others.flatMap((one) => places(a, one)));
        expect([...marks.keys()].filter((at) => marks[at] === 1)).toEqual([...wanted].toSorted((x, y) => x - y));
        // What was used is as it was, for the next line.
        expect(space.heads.every((head) => head === -1)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('carry over words of 32 bits', () => {
    const long = Int32Array.from({ length: 1000 }, (_, at) => at % 3);
    expect(lcsLength(long, long, workspace(3))).toBe(1000);
    expect(lcsLength(long, long.toReversed(), workspace(3))).toBe(
      table([...long], [...long.toReversed()])[1000]?.[1000],
    );
  });
});
