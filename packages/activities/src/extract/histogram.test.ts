import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countsOfAtLeast, edgesOfQuantiles, edgesOfValues, type Histogram } from './histogram.ts';

/** Index in `counts` of the bin a value falls into, as {@link Histogram} says it. */
const binOf = (edges: Histogram['edges'], value: number) =>
  value > (edges.at(-1) ?? 0) ? edges.length : edges.slice(0, -1).findLastIndex((edge) => value >= edge) + 1;

describe('bins', () => {
  it('hold each value once, counted from how many are at least each edge', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 200 }), (list) => {
        const values = list.toSorted((a, b) => a - b);
        const at = (share: number) => values[Math.min(values.length - 1, Math.floor(share * values.length))] ?? 0;
        for (const edges of [edgesOfValues([...new Set(values)]), edgesOfQuantiles([0, 0.25, 0.5, 0.75, 1].map(at))]) {
          const atLeast = edges.slice(0, -1).map((edge) => values.filter((value) => value >= edge).length);
          const counts = countsOfAtLeast(atLeast);
          const one = counts.map((_, index) => values.filter((value) => binOf(edges, value) === index).length);
          expect(one).toEqual(counts);
          expect(counts.reduce((a, b) => a + b, 0)).toBe(values.length);
          expect(edges.every((edge, index) => index === 0 || edge >= (edges[index - 1] ?? 0))).toBe(true);
        }
      }),
    );
  });
});
