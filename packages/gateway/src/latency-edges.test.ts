import { expect, test } from 'vitest';
import { edgeOf, LATENCY_EDGES } from './latency-edges.ts';

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
