import type { Measurement, ShadowTraffic as Shadow, VersionTraffic as Traffic } from '@sluice/sdk';
import type { GatewayEndpoint, GatewayMetrics, ShadowTraffic } from './gateway-api.ts';

/** Rising by 10 % from 1 ms to two minutes. */
const edges = Array.from({ length: 124 }, (_, i) => 1.1 ** i);

/** What a gateway that samples latencies says, as counts and histograms of whole seconds. */
export function sampledMeasurement(
  metrics: GatewayMetrics,
  state: GatewayEndpoint | null,
  window: { readonly since: number; readonly until?: number },
): Measurement {
  const complete = Math.floor(metrics.now / 1000) * 1000;
  const entries = (all: Readonly<Record<string, ShadowTraffic>>) =>
    Object.entries(all).map(([id, one]) => [id, traffic(one)] as const);
  return {
    now: metrics.now,
    since: window.since,
    until: Math.min(window.until ?? complete, complete),
    versions: Object.fromEntries(entries(metrics.versions)),
    shadow: Object.fromEntries(entries(metrics.shadow)),
    states: Object.fromEntries((state?.versions ?? []).map((one) => [one.id, one])),
    weights: Object.fromEntries(Object.entries(state?.weights ?? {}).filter(([, weight]) => weight > 0)),
    mirror: state?.mirror ?? null,
  };
}

function traffic({ comparison, latency, ...one }: ShadowTraffic): Traffic & Shadow {
  const counts = new Array<number>(edges.length + 1).fill(0);
  for (const sample of latency.samples) {
    const place = edges.findIndex((edge) => sample <= edge);
    const at = place === -1 ? edges.length : place;
    counts[at] = (counts[at] ?? 0) + 1;
  }
  const more = { transport: 0, deadline: 0, aborted: 0, callers: {}, latency: { edges, counts } };
  const { compared = 0, worse = 0 } = comparison ?? {};
  return { ...more, ...one, latency: more.latency, comparison: { compared, worse } };
}
