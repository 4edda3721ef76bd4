import { gatewayClient } from '@sluice/gateway';
import type { GatewayMetrics } from '@sluice/sdk';
import type { GatewayAccess } from '../../run/gateway-access.ts';
import { Recent } from '../recent.ts';
import { percentile } from './percentile.ts';

/** Length of a window, and how far back the gateway remembers, ms. */
export const WINDOW = 15_000;
const REMEMBERED = 15 * 60_000;
/** Windows that are asked for at once. */
const AT_ONCE = 6;
const TIMEOUT = 3_000;

/** What one version did in one window. */
export interface Window {
  /** Epoch ms of its end. */
  readonly at: number;
  readonly seconds: number;
  readonly versions: Readonly<Record<string, WindowTraffic>>;
}

export interface WindowTraffic {
  readonly requests: number;
  readonly errors: number;
  readonly p50: number | null;
  readonly p95: number | null;
}

/** Traffic of the last minutes. What the gateway has answered for completely never changes, and is asked for once. */
export class GatewayTraffic {
  readonly #closed = new Recent<Window>(2_000);

  /** Windows, oldest first, from the first one in which anything was asked. @throws GatewayError */
  async of(access: GatewayAccess, endpoint: string, now = Date.now()): Promise<Window[]> {
    const { adminUrl, token } = access;
    const client = gatewayClient(adminUrl, { timeoutMs: TIMEOUT, ...(token === undefined ? {} : { token }) });
    const last = Math.floor(now / WINDOW) * WINDOW;
    const starts = Array.from({ length: REMEMBERED / WINDOW - 1 }, (_, i) => last - i * WINDOW).reverse();
    const windows = new Map<number, Window>();
    const lane = async () => {
      for (let since = starts.pop(); since !== undefined; since = starts.pop()) {
        const key = `${adminUrl} ${endpoint} ${since}`;
        const known = this.#closed.get(key);
        if (known !== undefined) {
          windows.set(since, known);
          continue;
        }
        const until = since + WINDOW;
        const metrics = await client.metrics(endpoint, { since, until });
        const window = windowOf(metrics);
        // The window that is under way counts as soon as there is something in it.
        if (window === null || (until > now && isEmpty(window))) continue;
        if (metrics.since === since && metrics.until === until) this.#closed.set(key, window);
        windows.set(since, window);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    const all = [...windows.values()].sort((a, b) => a.at - b.at);
    const first = all.findIndex((window) => !isEmpty(window));
    return first === -1 ? [] : all.slice(first);
  }
}

function isEmpty({ versions }: Window): boolean {
  return Object.values(versions).every(({ requests }) => requests === 0);
}

/** Null for a window of which no second is complete. */
export function windowOf({
  since,
  until,
  versions,
}: Pick<GatewayMetrics, 'since' | 'until' | 'versions'>): Window | null {
  if (until <= since) return null;
  return {
    at: until,
    seconds: (until - since) / 1000,
    versions: Object.fromEntries(
      Object.entries(versions).map(([id, { requests, errors, latency }]) => [
        id,
        { requests, errors, p50: percentile(latency, 0.5), p95: percentile(latency, 0.95) },
      ]),
    ),
  };
}
