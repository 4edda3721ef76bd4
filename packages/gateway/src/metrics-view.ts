import type { CaptureList, CapturesQuery, EndpointMetrics, MetricsQuery } from './api.ts';

/** What the admin API can read of the traffic, up to the moment it is asked. */
export interface MetricsView {
  metrics(endpoint: string, versions: readonly string[], query: MetricsQuery): Promise<EndpointMetrics>;
  captures(endpoint: string, query: CapturesQuery): Promise<CaptureList>;
}
