import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binOf, countsOfAtLeast, edgesOfQuantiles, edgesOfValues } from './histogram.ts';

describe('binOf', () => {
  it('puts a value under, into or over the edges; inner bins are open to the right, the last is closed', () => {
    const edges = [0, 10, 20];
    expect([-1, 0, 9.9, 10, 20, 20.1].map((value) => binOf(edges, value))).toEqual([0, 1, 1, 2, 2, 3]);
    expect([-Infinity, Infinity, Number.NaN].map((value) => binOf(edges, value))).toEqual([0, 3, null]);
  });

  it('gives the last of two equal edges a bin of its own', () => {
    expect([4, 5, 6].map((value) => binOf([5, 5], value))).toEqual([0, 1, 2]);
    expect([1, 2, 2.5, 3, 4].map((value) => binOf([1, 2, 3, 3], value))).toEqual([1, 2, 2, 3, 4]);
  });

  it('has no bin without edges', () => {
    expect(binOf([], 1)).toBeNull();
  });

  it('counts as the database does, for any values', () => {
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
