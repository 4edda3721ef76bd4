import { normalQuantile } from './normal.ts';

/**
 * Wilson's score interval for a share (E. B. Wilson, 1927; statsmodels `proportion_confint(method='wilson')`).
 *
 * @returns [0, 1] when nothing was counted.
 */
export function wilson(hits: number, n: number, confidence = 0.95): [number, number] {
  if (n === 0) return [0, 1];
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const share = hits / n;
  const centre = share + (z * z) / (2 * n);
  const half = z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  return [Math.max(0, (centre - half) / scale), Math.min(1, (centre + half) / scale)];
}
