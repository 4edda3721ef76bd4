import type { GatewayClient } from '../../packages/gateway/src/index.ts';
import type { Outage } from '../stand/part.ts';

/** An endpoint's state as the gateway tells it. */
export type GatewayEndpoint = Awaited<ReturnType<GatewayClient['endpoint']>>;

/** Traffic of an endpoint as the gateway told it, from this moment until the next entry. */
export interface TrafficAt {
  /** Epoch ms. */
  readonly at: number;
  /** Versions with traffic. */
  readonly weights: Readonly<Record<string, number>>;
  /** When whoever watches last renewed the lease; null when there was none. */
  readonly renewed: number | null;
  /** When the gateway itself last went back, because nobody watched; null when it did not. */
  readonly reverted: number | null;
}

export function trafficAt(at: number, state: GatewayEndpoint): TrafficAt {
  const { reverted, lease } = state as GatewayEndpoint & Leased;
  const serving = Object.entries(state.weights).filter(([, weight]) => weight > 0);
  const renewed = lease == null ? null : lease.expiresAt - lease.ms;
  return { at, weights: Object.fromEntries(serving), renewed, reverted: reverted?.at ?? null };
}

/** What an older gateway does not tell. */
interface Leased {
  readonly reverted?: { readonly at: number } | null;
  readonly lease?: { readonly ms: number; readonly expiresAt: number } | null;
}

/** Are versions and shares the same? A lease that was renewed makes no difference. */
export function sameTraffic(a: TrafficAt, b: TrafficAt): boolean {
  const text = ({ weights, reverted }: TrafficAt) => JSON.stringify([Object.entries(weights).sort(), reverted]);
  return text(a) === text(b);
}

/** How often a version came to traffic that it had none of before. */
export function entries(timeline: readonly TrafficAt[], version: string): number {
  return timeline.filter(({ weights }, i) => version in weights && !(version in (timeline[i - 1]?.weights ?? {})))
    .length;
}

/** A version's shares in percent, until it had all of the traffic for the first time. */
export function sharesBeforeAll(timeline: readonly TrafficAt[], version: string): number[] {
  const shares = timeline.flatMap(({ weights }) => {
    const all = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
    return version in weights ? [Math.round((100 * (weights[version] ?? 0)) / all)] : [];
  });
  const whole = shares.indexOf(100);
  return whole < 0 ? shares : shares.slice(0, whole);
}

/** What the traffic was then. */
export function servingAt(timeline: readonly TrafficAt[], at: number): TrafficAt['weights'] {
  return timeline.findLast((one) => one.at <= at)?.weights ?? {};
}

/** How often the gateway went back by itself. */
export function reverts(timeline: readonly TrafficAt[]): number {
  return new Set(timeline.map(({ reverted }) => reverted).filter((at) => at !== null)).size;
}

/**
 * Longest time, ms, that traffic stayed split after whoever watched it was last known to: from the beginning of an
 * outage, or from the last time that the lease was renewed in it, to the end of the one or the other.
 */
export function unowned(timeline: readonly TrafficAt[], outages: readonly Outage[], end: number): number {
  let longest = 0;
  for (const { from, to, renewed } of splits(timeline, end)) {
    for (const outage of outages) {
      longest = Math.max(longest, Math.min(to, outage.to) - Math.max(from, outage.from, renewed));
    }
  }
  return longest;
}

interface Split {
  readonly from: number;
  to: number;
  renewed: number;
}

function splits(timeline: readonly TrafficAt[], end: number): Split[] {
  const found: Split[] = [];
  for (const [i, { at, weights, renewed }] of timeline.entries()) {
    if (Object.keys(weights).length < 2) continue;
    const to = timeline[i + 1]?.at ?? end;
    const last = found.at(-1);
    if (last?.to === at) Object.assign(last, { to, renewed: Math.max(last.renewed, renewed ?? 0) });
    else found.push({ from: at, to, renewed: renewed ?? 0 });
  }
  return found;
}
