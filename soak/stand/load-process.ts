import { type Call, startTraffic, type Traffic } from '../../test/rollback/traffic.ts';
import type { LoadCall, LoadOrder } from './load.ts';

/** Calls endpoints as it is told to by its parent, and tells of every request that has ended. */
const traffics = new Map<string, Traffic>();
const stopping: Promise<void>[] = [];
let ended: LoadCall[] = [];

function told(batch: LoadCall[]): Promise<void> {
  return new Promise((done) => process.send?.(batch, () => done()));
}

function leave(endpoint: string): void {
  const traffic = traffics.get(endpoint);
  traffics.delete(endpoint);
  if (traffic !== undefined) stopping.push(traffic.stop());
}

async function onOrder(order: LoadOrder | { readonly type: 'end' }): Promise<void> {
  switch (order.type) {
    case 'call': {
      const { endpoint, url, perSecond } = order;
      leave(endpoint);
      const onEnd = (call: Call) => ended.push({ ...call, endpoint });
      traffics.set(endpoint, startTraffic(url, perSecond, { keep: false, onEnd }));
      return;
    }
    case 'live': {
      const traffic = traffics.get(order.endpoint);
      if (traffic !== undefined) traffic.live = order.live;
      return;
    }
    case 'leave':
      return leave(order.endpoint);
    case 'end':
      for (const endpoint of traffics.keys()) leave(endpoint);
      await Promise.all(stopping);
      await told(ended.splice(0));
      process.exit(0);
  }
}

process.on('message', (order: LoadOrder) => void onOrder(order));
process.on('disconnect', () => process.exit(0));
setInterval(() => {
  if (ended.length === 0) return;
  const batch = ended;
  ended = [];
  void told(batch);
}, 100);
