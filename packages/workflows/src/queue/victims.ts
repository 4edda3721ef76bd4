import {
  type Lease,
  levelOf,
  type Machine,
  type Place,
  PRIORITIES,
  type QueueJob,
  type QueueRules,
  rankOf,
  sizeOf,
} from './queue-state.ts';
import type { Room } from './room.ts';
import type { Usage } from './usage.ts';

/** What there is when jobs are looked for that must give way. */
export interface Situation {
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

/** The same, with the job among those that have GPUs. */
interface Within extends Situation {
  /** Is it its team's guarantee that it would run on? */
  readonly isOwner: boolean;
}

/** A job that must leave its GPUs. */
export interface Victim {
  readonly lease: Lease;
  /** Where it goes on at once; null where it waits again. */
  readonly to: readonly Place[] | null;
}

/** Who leaves, and what is left then, with the job among those that have GPUs. */
export interface Cleared {
  readonly victims: readonly Victim[];
  readonly room: Room;
  readonly usage: Usage;
}

/** The same for one node on one machine, and what it costs. */
interface Offer extends Cleared {
  readonly machine: string;
  /** Priority of the most important one that waits again. */
  readonly rank: number;
  /** GPU milliseconds since the last checkpoints. */
  readonly loss: number;
}

/**
 * The jobs that must leave so that all nodes of another one fit: of the least important ones those that lose least. Null
 * where not even all that may be told to would do; then nobody is.
 */
export function victimsFor(job: QueueJob, situation: Situation): Cleared | null {
  let { leases, room } = situation;
  // With the job among them: less important ones of its team may be outside of its guarantee then.
  let usage = situation.usage.copy();
  usage.add(job);
  const isOwner = usage.standing(job) === 'own';
  const victims: Victim[] = [];
  for (let node = 0; node < job.nodes; node += 1) {
    let best: Offer | null = null;
    for (const machine of situation.machines) {
      const offer = offerOf(job, machine, { ...situation, leases, room, usage, isOwner });
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
function offerOf(job: QueueJob, { name, gpus }: Machine, situation: Within): Offer | null {
  if (gpus < job.gpus) return null;
  const { now, room, leases } = situation;
  const wanted = job.gpus - room.on(name);
  const there = leases.filter((lease) => gpusOn(lease, name) > 0 && mayLeave(lease, job, situation));
  if (there.reduce((sum, lease) => sum + gpusOn(lease, name), 0) < wanted) return null;
  const leaving = (candidates: readonly Lease[]) => leave(candidates, wanted, name, job, situation);
  let cleared = leaving(there.sort((a, b) => inOrder(a, b, now)));
  // What was taken early may not be needed beside a larger one that came later.
  for (const { lease } of [...(cleared?.victims ?? [])].reverse()) {
    const others = cleared?.victims.map((one) => one.lease).filter((one) => one !== lease) ?? [];
    cleared = leaving(others) ?? cleared;
  }
  if (cleared === null) return null;
  const ranks = cleared.victims.filter(({ to }) => to === null).map(({ lease }) => rankOf(lease.job));
  const loss = cleared.victims.reduce((total, { lease }) => total + lossOf(lease, now), 0);
  return { ...cleared, machine: name, rank: Math.min(PRIORITIES.length, ...ranks), loss };
}

/** Of the candidates those that must leave, one after another, until so many GPUs of a machine come; null for too few. */
function leave(
  candidates: readonly Lease[],
  wanted: number,
  machine: string,
  job: QueueJob,
  situation: Within,
): Cleared | null {
  const [room, usage] = [situation.room.copy(), situation.usage.copy()];
  const victims: Victim[] = [];
  let freed = 0;
  for (const lease of candidates) {
    if (freed >= wanted) break;
    const to = situation.moving && lease.places.length === 1 ? room.take(lease.job, machine) : null;
    if (to === null && !mustYield(lease.job, job, { ...situation, usage })) continue;
    if (to === null) usage.remove(lease.job);
    room.release(lease.places);
    victims.push({ lease, to });
    freed += gpusOn(lease, machine);
  }
  return freed < wanted ? null : { victims, room, usage };
}

/** Might a job have to leave for another one, whatever else does? */
function mayLeave({ job: other, startedAt }: Lease, job: QueueJob, situation: Within): boolean {
  const { rules, now, moving, isOwner } = situation;
  if (!other.preemptible || now - startedAt < rules.minRun) return false;
  return moving || isOwner || matters(job, other, situation);
}

/**
 * Jobs of its own team yield to one that matters more. Those of others yield to an owner what they have borrowed, also
 * where only a part is; where all of it is borrowed, to one that matters more.
 */
function mustYield(other: QueueJob, job: QueueJob, situation: Within): boolean {
  if (other.team === job.team) return matters(job, other, situation);
  const theirs = situation.usage.standing(other);
  if (theirs === 'own') return false;
  return situation.isOwner || (theirs === 'borrowed' && matters(job, other, situation));
}

/** More than another one: by its priority, or because it has waited too long. */
function matters(job: QueueJob, other: QueueJob, { rules, now }: Situation): boolean {
  return rankOf(other) > rankOf(job) || levelOf(job, now, rules) < 0;
}

function gpusOn({ places }: Lease, machine: string): number {
  return places.reduce((sum, one) => sum + (one.machine === machine ? one.gpus.length : 0), 0);
}

/** The least important first, and of those the one that loses least. */
function inOrder(a: Lease, b: Lease, now: number): number {
  return rankOf(b.job) - rankOf(a.job) || lossOf(a, now) - lossOf(b, now) || (a.job.id < b.job.id ? -1 : 1);
}

/** GPU milliseconds of work that a job would do again. */
function lossOf({ job, startedAt, checkpointedAt }: Lease, now: number): number {
  return sizeOf(job) * Math.max(0, now - Math.max(startedAt, checkpointedAt ?? startedAt));
}
