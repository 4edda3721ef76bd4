import type { CaptureList, CapturesQuery, GatewayMetrics, GatewayMetricsQuery } from '@sluice/sdk';

/** What the admin API can read of the traffic, up to the moment it is asked. */
export interface MetricsView {
  metrics(endpoint: string, versions: readonly string[], query: GatewayMetricsQuery): Promise<GatewayMetrics>;
  captures(endpoint: string, query: CapturesQuery): Promise<CaptureList>;
}
