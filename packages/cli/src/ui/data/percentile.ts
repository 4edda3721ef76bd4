import type { Histogram } from '@sluice/sdk';

/**
 * The duration under which a share of the answers stayed, ms: even within the bin that it falls into. Null without
 * answers, and where it is beyond the last edge, which nothing says how far.
 */
export function percentile({ edges, counts }: Histogram, share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const wanted = share * total;
  let before = 0;
  for (const [index, count] of counts.entries()) {
    if (count > 0 && before + count >= wanted) {
      const [low, high] = [edges[index - 1] ?? 0, edges[index]];
      if (high === undefined) return null;
      return Number((low + ((high - low) * (wanted - before)) / count).toPrecision(4));
    }
    before += count;
  }
  return null;
}
