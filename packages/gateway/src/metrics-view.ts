import type { GatewayMetrics, GatewayMetricsQuery, GatewayRequestsQuery } from '@sluice/sdk';

/** What the admin API can read of the traffic, up to the moment it is asked. */
export interface MetricsView {
  metrics(endpoint: string, versions: readonly string[], query: GatewayMetricsQuery): Promise<GatewayMetrics>;
  /** Captured lines, newest first; everything answered before the call is among them. */
  requests(endpoint: string, query: GatewayRequestsQuery): AsyncIterable<Buffer>;
  /** Kept answers of shadows, in the same way. */
  shadows(endpoint: string, query: GatewayRequestsQuery): AsyncIterable<Buffer>;
}
