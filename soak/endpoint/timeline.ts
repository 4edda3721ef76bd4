import type { EndpointState as GatewayEndpoint } from '../../packages/gateway/src/index.ts';
import type { Outage } from '../stand/part.ts';

/** Traffic of an endpoint as the gateway told it, from this moment until the next entry. */
export interface TrafficAt {
  /** Epoch ms. */
  readonly at: number;
  /** Versions with traffic. */
  readonly weights: Readonly<Record<string, number>>;
  /** When the gateway itself last went back, because nobody watched; null when it did not. */
  readonly reverted: number | null;
}

export function trafficAt(at: number, state: GatewayEndpoint): TrafficAt {
  const { reverted } = state as { reverted?: { readonly at: number } | null };
  const serving = Object.entries(state.weights).filter(([, weight]) => weight > 0);
  return { at, weights: Object.fromEntries(serving), reverted: reverted?.at ?? null };
}

export function sameTraffic(a: TrafficAt, b: TrafficAt): boolean {
  const text = ({ weights, reverted }: TrafficAt) => JSON.stringify([Object.entries(weights).sort(), reverted]);
  return text(a) === text(b);
}

/** How often a version came to traffic that it had none of before. */
export function entries(timeline: readonly TrafficAt[], version: string): number {
  return timeline.filter(({ weights }, i) => version in weights && !(version in (timeline[i - 1]?.weights ?? {})))
    .length;
}

/** A version's shares in percent, since it last had none. */
export function ascent(timeline: readonly TrafficAt[], version: string): number[] {
  const last = timeline.findLastIndex(({ weights }) => version in weights);
  const before = timeline.slice(0, last + 1).findLastIndex(({ weights }) => !(version in weights));
  return timeline.slice(before + 1, last + 1).map(({ weights }) => {
    const all = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
    return Math.round((100 * (weights[version] ?? 0)) / all);
  });
}

/** What the traffic was then. */
export function servingAt(timeline: readonly TrafficAt[], at: number): TrafficAt['weights'] {
  return timeline.findLast((one) => one.at <= at)?.weights ?? {};
}

/** How often the gateway went back by itself. */
export function reverts(timeline: readonly TrafficAt[]): number {
  return new Set(timeline.map(({ reverted }) => reverted).filter((at) => at !== null)).size;
}

/** Longest time, ms, that traffic stayed split while one of `outages` lasted. */
export function unowned(timeline: readonly TrafficAt[], outages: readonly Outage[], end: number): number {
  let longest = 0;
  for (const { from, to } of splits(timeline, end)) {
    for (const outage of outages) {
      longest = Math.max(longest, Math.min(to, outage.to) - Math.max(from, outage.from));
    }
  }
  return longest;
}

function splits(timeline: readonly TrafficAt[], end: number): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  for (const [i, { at, weights }] of timeline.entries()) {
    if (Object.keys(weights).length < 2) continue;
    const to = timeline[i + 1]?.at ?? end;
    const last = found.at(-1);
    if (last?.to === at) last.to = to;
    else found.push({ from: at, to });
  }
  return found;
}
