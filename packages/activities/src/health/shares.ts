import type { Weights } from '@sluice/sdk';

/** Shares may differ by so much and be the same: weights are relative, and written by different hands. */
const TOLERANCE = 0.005;

/** Do both say the same of who answers how much? */
export function sameShares(a: Weights, b: Weights): boolean {
  if (a === b) return true;
  const [x, y] = [sharesOf(a), sharesOf(b)];
  const ids = new Set([...Object.keys(x), ...Object.keys(y)]);
  return [...ids].every((id) => Math.abs((x[id] ?? 0) - (y[id] ?? 0)) <= TOLERANCE);
}

/** `v1 95 %, v2 5 %`. */
export function told(weights: Weights): string {
  const parts = Object.entries(sharesOf(weights)).filter(([, share]) => share > 0);
  if (parts.length === 0) return 'nobody serves';
  return parts.map(([id, share]) => `${id} serves ${Number((share * 100).toPrecision(3))} %`).join(', ');
}

function sharesOf(weights: Weights): Readonly<Record<string, number>> {
  const sum = Object.values(weights).reduce((total, weight) => total + weight, 0);
  return sum <= 0 ? {} : Object.fromEntries(Object.entries(weights).map(([id, weight]) => [id, weight / sum]));
}
