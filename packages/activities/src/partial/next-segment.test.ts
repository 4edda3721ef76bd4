import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MOST_SEGMENT, nextSegment } from './next-segment.ts';
import { bytesOf, type Segment, type StoredPart } from './stored-parts.ts';

const name = 'log~0000000000000000';
const segment = (bytes: number): Segment => ({ uri: 'sluice:blob/0', digest: 'sha256:0', bytes, by: 'a' });

/** Stores until nothing is missing. @returns the bytes that were put */
function storeAll(stored: readonly StoredPart[], bytes: number): { stored: readonly StoredPart[]; put: number } {
  let put = 0;
  for (;;) {
    const { parts, missing } = nextSegment(stored, [{ name, bytes }]);
    if (missing === null) return { stored: parts, put };
    const [part] = parts;
    expect(missing.from).toBe(part === undefined ? 0 : bytesOf(part));
    expect(missing.to - missing.from).toBeLessThanOrEqual(MOST_SEGMENT);
    put += missing.to - missing.from;
    stored = [{ name, segments: [...(part?.segments ?? []), segment(missing.to - missing.from)] }];
  }
}

describe('the segments of a part', () => {
  test('hold all of it in order, whatever it grew by', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 2 * MOST_SEGMENT }), { minLength: 1, maxLength: 30 }),
        (growth) => {
          let stored: readonly StoredPart[] = [];
          let bytes = 0;
          for (const grown of growth) {
            bytes += grown;
            ({ stored } = storeAll(stored, bytes));
            expect(bytesOf(stored[0] ?? { segments: [] })).toBe(bytes);
          }
        },
      ),
    );
  });

  test('stay few where it grows by a little for a week, and no byte is put more than some times', () => {
    let stored: readonly StoredPart[] = [];
    let put = 0;
    const grown = 20_000;
    const times = (7 * 24 * 3600) / 30;
    for (let i = 1; i <= times; i += 1) {
      const done = storeAll(stored, i * grown);
      stored = done.stored;
      put += done.put;
    }
    expect(stored[0]?.segments.length).toBeLessThan((times * grown) / (MOST_SEGMENT / 2) + 15);
    expect(put / (times * grown)).toBeLessThan(12);
  });

  test('that reach beyond what counts of it do not count', () => {
    const stored = [{ name, segments: [segment(100), segment(10), segment(5)] }];
    expect(nextSegment(stored, [{ name, bytes: 112 }])).toEqual({
      parts: [{ name, segments: [segment(100), segment(10)] }],
      missing: { name, from: 110, to: 112 },
    });
    expect(nextSegment(stored, [])).toEqual({ parts: [], missing: null });
  });
});
