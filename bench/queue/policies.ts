import type { QueueJob, QueueState } from '../../packages/workflows/src/queue/queue-state.ts';
import { roomOf } from '../../packages/workflows/src/queue/room.ts';
import type { Schedule } from '../../packages/workflows/src/queue/schedule.ts';
import { HOUR } from '../../packages/workflows/src/queue/testing/traces.ts';

/** What teams did before they had a queue, for comparison. */

/** Strictly in the order in which jobs were asked for: nobody passes, nobody stops. */
export function firstComeFirstServed({ machines, leases, waiting }: QueueState): Schedule {
  const room = roomOf(machines, leases);
  const grants: Schedule['grants'][number][] = [];
  for (const job of inOrder(waiting)) {
    const places = room.take(job);
    if (places === null) break;
    grants.push({ id: job.id, places });
  }
  return { grants, stops: [], waits: [] };
}

/** Hours of the day in which somebody is there to start a job. */
const OFFICE = { from: 9, to: 18 };

/**
 * By hand: somebody books whole machines, one for each node, when he is there and they are free. The first who asked is
 * the first to look, and nobody waits for somebody else's job that needs more machines.
 */
export function bookedByHand({ machines, leases, waiting }: QueueState, now: number): Schedule {
  const hour = (now / HOUR) % 24;
  if (hour < OFFICE.from || hour >= OFFICE.to) return { grants: [], stops: [], waits: [] };
  const taken = new Set(leases.flatMap(({ places }) => places.map(({ machine }) => machine)));
  const grants: Schedule['grants'][number][] = [];
  for (const { id, gpus, nodes } of inOrder(waiting)) {
    const free = machines.filter(({ name, gpus: all }) => !taken.has(name) && all >= gpus).slice(0, nodes);
    if (free.length < nodes) continue;
    for (const { name } of free) taken.add(name);
    grants.push({
      id,
      places: free.map(({ name }) => ({ machine: name, gpus: Array.from({ length: gpus }, (_, i) => i) })),
    });
  }
  return { grants, stops: [], waits: [] };
}

/** When the office opens next, where somebody waits. */
export function nextOfficeHour({ waiting }: QueueState, now: number): number | null {
  const open = Math.floor(now / (24 * HOUR)) * 24 * HOUR + OFFICE.from * HOUR;
  return waiting.length === 0 ? null : open > now ? open : open + 24 * HOUR;
}

function inOrder(waiting: readonly QueueJob[]): QueueJob[] {
  return [...waiting].sort((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1));
}
