import {
  type Lease,
  levelOf,
  type Machine,
  type Place,
  PRIORITIES,
  type QueueJob,
  type QueueRules,
  sizeOf,
} from './queue-state.ts';
import type { Room } from './room.ts';
import type { Usage } from './usage.ts';

/** What there is when jobs are looked for that must give way. */
export interface Standing {
  readonly machines: readonly Machine[];
  /** Of jobs that nobody has told to leave. */
  readonly leases: readonly Lease[];
  readonly room: Room;
  readonly usage: Usage;
  readonly rules: QueueRules;
  readonly now: number;
  /** May any job be moved that fits elsewhere? It goes on from its checkpoint there, so it need not matter less. */
  readonly moving: boolean;
}

/** A job that must leave its GPUs. */
export interface Victim {
  readonly lease: Lease;
  /** Where it goes on at once; null where it waits again. */
  readonly to: readonly Place[] | null;
}

/** Jobs that must leave a machine for a node of another one. */
interface Offer {
  readonly machine: string;
  readonly victims: readonly Victim[];
  /** Priority of the most important one that waits again. */
  readonly rank: number;
  /** GPU milliseconds since the last checkpoints. */
  readonly loss: number;
  readonly room: Room;
  readonly usage: Usage;
}

/** Who leaves, and what is left then, with the job among those that have GPUs. */
export type Cleared = Pick<Standing, 'room' | 'usage'> & { readonly victims: readonly Victim[] };

/**
 * The jobs that must leave so that all nodes of another one fit: of the least important ones those that lose least. Null
 * where not even all that may be told to would do; then nobody is.
 */
export function victimsFor(job: QueueJob, standing: Standing): Cleared | null {
  let { leases, room } = standing;
  // With the job among them: less important ones of its team may be outside of its guarantee then.
  let usage = standing.usage.copy();
  usage.add(job);
  const victims: Victim[] = [];
  for (let node = 0; node < job.nodes; node += 1) {
    let best: Offer | null = null;
    for (const machine of standing.machines) {
      const offer = offerOf(job, machine, { ...standing, leases, room, usage });
      if (offer !== null && (best === null || isCheaper(offer, best))) best = offer;
    }
    if (best === null) return null;
    const gone = best.victims.map(({ lease }) => lease);
    victims.push(...best.victims);
    leases = leases.filter((lease) => !gone.includes(lease));
    ({ room, usage } = best);
    room.keepOn(best.machine, job.gpus);
  }
  return { victims, room, usage };
}

function isCheaper(a: Offer, b: Offer): boolean {
  return a.rank === b.rank ? a.loss < b.loss : a.rank > b.rank;
}

/** Null where a machine has not enough GPUs, whoever leaves. */
function offerOf(job: QueueJob, { name, gpus }: Machine, standing: Standing): Offer | null {
  if (gpus < job.gpus) return null;
  const { now, rules, moving } = standing;
  const wanted = job.gpus - standing.room.on(name);
  const on = ({ places }: Lease) => places.reduce((sum, one) => sum + (one.machine === name ? one.gpus.length : 0), 0);
  const isOwner = standing.usage.standing(job) === 'own';
  const isAged = levelOf(job, now, rules) < 0;
  const mayBe = ({ job: other, startedAt }: Lease) =>
    other.preemptible &&
    now - startedAt >= rules.minRun &&
    (moving || isOwner || isAged || rankOf(other) > rankOf(job));
  const there = standing.leases.filter((lease) => on(lease) > 0 && mayBe(lease));
  if (there.reduce((sum, lease) => sum + on(lease), 0) < wanted) return null;
  const leave = (candidates: readonly Lease[]) => {
    const [room, usage] = [standing.room.copy(), standing.usage.copy()];
    const victims: Victim[] = [];
    let freed = 0;
    // Own jobs yield to more important ones. Those of others never where all of it is theirs, to an owner where not, and
    // to what matters more where nothing is.
    const mustYield = (other: QueueJob) => {
      const matters = isAged || rankOf(other) > rankOf(job);
      if (other.team === job.team) return matters;
      const theirs = usage.standing(other);
      return theirs !== 'own' && (isOwner || (theirs === 'borrowed' && matters));
    };
    for (const lease of candidates) {
      if (freed >= wanted) break;
      const to = moving && lease.places.length === 1 ? room.take(lease.job, name) : null;
      if (to === null && !mustYield(lease.job)) continue;
      if (to === null) usage.remove(lease.job);
      room.release(lease.places);
      victims.push({ lease, to });
      freed += on(lease);
    }
    return { victims, freed, room, usage };
  };
  let all = leave(there.sort((a, b) => inOrder(a, b, now)));
  if (all.freed < wanted) return null;
  // What was taken early may not be needed beside a larger one that came later.
  for (const { lease } of [...all.victims].reverse()) {
    const without = leave(all.victims.map((one) => one.lease).filter((one) => one !== lease));
    if (without.freed >= wanted) all = without;
  }
  const { victims, room, usage } = all;
  const ranks = victims.filter(({ to }) => to === null).map(({ lease }) => rankOf(lease.job));
  const loss = victims.reduce((total, { lease }) => total + lossOf(lease, now), 0);
  return { machine: name, victims, rank: Math.min(PRIORITIES.length, ...ranks), loss, room, usage };
}

/** The least important first, and of those the one that loses least. */
function inOrder(a: Lease, b: Lease, now: number): number {
  return rankOf(b.job) - rankOf(a.job) || lossOf(a, now) - lossOf(b, now) || (a.job.id < b.job.id ? -1 : 1);
}

/** GPU milliseconds of work that a job would do again. */
function lossOf({ job, startedAt, checkpointedAt }: Lease, now: number): number {
  return sizeOf(job) * Math.max(0, now - Math.max(startedAt, checkpointedAt ?? startedAt));
}

function rankOf({ priority }: QueueJob): number {
  return PRIORITIES.indexOf(priority);
}
