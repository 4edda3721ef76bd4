import { expect, test } from 'vitest';
import { percentile } from './percentile.ts';

const edges = [1, 10, 100];

test('without answers there is no percentile', () => {
  expect(percentile({ edges, counts: [0, 0, 0, 0] }, 0.5)).toBeNull();
});

test('a percentile lies within the bin that has it', () => {
  expect(percentile({ edges, counts: [0, 10, 0, 0] }, 0.5)).toBe(5.5);
  expect(percentile({ edges, counts: [50, 45, 5, 0] }, 0.95)).toBe(10);
  expect(percentile({ edges, counts: [50, 45, 5, 0] }, 0.99)).toBeGreaterThan(10);
});

test('beyond the last edge nobody knows how slow it was', () => {
  expect(percentile({ edges, counts: [0, 0, 0, 3] }, 0.5)).toBeNull();
});
