import { setTimeout as delay } from 'node:timers/promises';
import type { Stand } from '../stand/stand.ts';
import { type GatewayEndpoint, sameTraffic, type TrafficAt, trafficAt } from './timeline.ts';

/** Milliseconds between looks. */
const EVERY = 60;

/** Asks the gateway all the time what every endpoint's traffic is. */
export interface Watcher {
  timeline(endpoint: string): readonly TrafficAt[];
  /** As the gateway last told it. */
  latest(endpoint: string): GatewayEndpoint | null;
  stop(): Promise<void>;
}

export function watchGateway(stand: Pick<Stand, 'admin'>): Watcher {
  const timelines = new Map<string, TrafficAt[]>();
  const latest = new Map<string, GatewayEndpoint>();
  let stopped = false;
  const look = async () => {
    for (; !stopped; await delay(EVERY)) {
      // A gateway that is down has nothing to tell.
      for (const state of await stand.admin.endpoints().catch(() => [])) {
        const timeline = timelines.get(state.name) ?? [];
        const now = trafficAt(Date.now(), state);
        const last = timeline.at(-1);
        if (last === undefined || !sameTraffic(last, now)) timeline.push(now);
        else timeline[timeline.length - 1] = { ...last, renewed: now.renewed };
        timelines.set(state.name, timeline);
        latest.set(state.name, state);
      }
    }
  };
  const looking = look();
  return {
    timeline: (endpoint) => timelines.get(endpoint) ?? [],
    latest: (endpoint) => latest.get(endpoint) ?? null,
    async stop() {
      stopped = true;
      await looking;
    },
  };
}
