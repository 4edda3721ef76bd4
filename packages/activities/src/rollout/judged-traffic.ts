import { type Histogram, histogramQuantile, histogramSize, type VersionTraffic } from '@sluice/sdk';

/** Traffic as {@link judgeHealth} takes it: latencies as a sample instead of counts. */
export type JudgedTraffic = Pick<VersionTraffic, 'requests' | 'errors' | 'byStatus' | 'firstErrorAt'> & {
  readonly latency: { readonly count: number; readonly p50: number | null; readonly samples: readonly number[] };
  readonly comparison?: { readonly compared: number; readonly worse: number };
};

const MAX_SAMPLES = 2000;

/** The sample that a histogram stands for: each value at its upper edge, thinned to 2000. */
export function judged(traffic: VersionTraffic): JudgedTraffic {
  const { latency } = traffic;
  return {
    ...traffic,
    latency: { count: histogramSize(latency), p50: histogramQuantile(latency, 0.5), samples: samplesOf(latency) },
  };
}

function samplesOf({ edges, counts }: Histogram): number[] {
  const size = counts.reduce((sum, count) => sum + count, 0);
  const share = Math.min(1, MAX_SAMPLES / Math.max(1, size));
  return counts.flatMap((count, i) => {
    const value = edges[i] ?? edges.at(-1) ?? 0;
    return Array.from({ length: Math.ceil(count * share) }, () => value);
  });
}
