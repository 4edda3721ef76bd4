import { expect, test } from 'vitest';
import { edgeOf, histogramQuantile, LATENCY_EDGES } from './histogram.ts';

const histogram = (...values: number[]) => {
  const counts = new Array<number>(LATENCY_EDGES.length + 1).fill(0);
  for (const value of values) {
    const place = edgeOf(LATENCY_EDGES, value);
    counts[place] = (counts[place] ?? 0) + 1;
  }
  return { edges: LATENCY_EDGES, counts };
};

test('the edges rise by 9 % from half a millisecond to two minutes', () => {
  expect(LATENCY_EDGES[0]).toBe(0.5);
  expect(LATENCY_EDGES[8]).toBe(1);
  expect(LATENCY_EDGES.at(-1)).toBeGreaterThanOrEqual(120_000);
  expect(LATENCY_EDGES.at(-2)).toBeLessThan(120_000);
  const steps = LATENCY_EDGES.slice(1).map((edge, i) => edge / (LATENCY_EDGES[i] ?? 1));
  // 2^(1/8) = 1.0905; edges are rounded to four digits.
  for (const step of steps) expect(step).toBeCloseTo(1.0905, 2);
});

test('an edge belongs to the values below it, and what is longer than all has a place of its own', () => {
  expect(edgeOf(LATENCY_EDGES, 0)).toBe(0);
  expect(edgeOf(LATENCY_EDGES, 0.5)).toBe(0);
  expect(edgeOf(LATENCY_EDGES, 0.501)).toBe(1);
  expect(edgeOf(LATENCY_EDGES, 1e9)).toBe(LATENCY_EDGES.length);
});

test('a quantile is the edge above the value of its rank', () => {
  const values = Array.from({ length: 100 }, (_, i) => i + 1);
  for (const [q, value] of [
    [0.5, 50],
    [0.95, 95],
    [0.99, 99],
  ] as const) {
    const found = histogramQuantile(histogram(...values), q) ?? 0;
    expect(found).toBeGreaterThanOrEqual(value);
    expect(found).toBeLessThan(value * 1.1);
  }
  expect(histogramQuantile(histogram(), 0.5)).toBeNull();
  expect(histogramQuantile(histogram(500_000), 0.5)).toBe(Number.POSITIVE_INFINITY);
});
