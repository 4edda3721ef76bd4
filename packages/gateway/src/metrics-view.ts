import type { EndpointMetrics, MetricsQuery } from './api.ts';
import type { CapturedQuery } from './capture-read.ts';

/** What the admin API can read of the traffic, up to the moment it is asked. */
export interface MetricsView {
  metrics(endpoint: string, versions: readonly string[], query: MetricsQuery): Promise<EndpointMetrics>;
  /** Captured lines, newest first; everything answered before the call is among them. */
  requests(endpoint: string, query: CapturedQuery): AsyncIterable<Buffer>;
}
