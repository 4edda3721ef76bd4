import type { Lease, Machine, Place, Priority, QueueJob, QueueRules, QueueState } from './queue-state.ts';
import { type Schedule, schedule } from './schedule.ts';

/** A job as it asks. */
export type Ask = Pick<QueueJob, 'id' | 'team' | 'priority' | 'gpus' | 'nodes' | 'preemptible'>;

/** What a queue knows. Plain data, so that it survives a continued workflow. */
export interface Book {
  readonly machines: readonly Machine[];
  readonly waiting: readonly QueueJob[];
  readonly leases: readonly NumberedLease[];
  /** Leases given so far. */
  readonly given: number;
}

/** A lease with a number of its own: what is said of an earlier lease of the same job is no news. */
export interface NumberedLease extends Lease {
  readonly number: number;
}

/** What happens to a queue. Any of it may come twice, late, or of a job that is gone. */
export type QueueEvent =
  /** A job wants GPUs, or asks again because it has heard nothing. */
  | { readonly kind: 'asked'; readonly job: Ask }
  /** A job has given its GPUs back: it is done, or it has stopped and wants some again. */
  | { readonly kind: 'left'; readonly id: string; readonly lease: number; readonly done: boolean }
  /** Nobody wants GPUs for a job any more, and nothing of it runs. */
  | { readonly kind: 'gone'; readonly id: string }
  | { readonly kind: 'checkpointed'; readonly id: string; readonly lease: number; readonly at: number }
  /** A machine is there, with so many GPUs; null: it is not. */
  | { readonly kind: 'machine'; readonly name: string; readonly gpus: number | null }
  /** Somebody has put a job before or after others. */
  | { readonly kind: 'priority'; readonly id: string; readonly priority: Priority }
  /** Time has passed. */
  | { readonly kind: 'tick' };

/** What somebody must be told. Safe to tell twice. */
export type QueueCommand =
  | { readonly kind: 'grant'; readonly id: string; readonly lease: number; readonly places: readonly Place[] }
  | { readonly kind: 'stop'; readonly id: string; readonly lease: number; readonly for: string };

export interface Turned {
  readonly book: Book;
  readonly commands: readonly QueueCommand[];
  /** Those that wait on, in their order, and why. */
  readonly waits: Schedule['waits'];
}

export const emptyBook: Book = { machines: [], waiting: [], leases: [], given: 0 };

/** The queue after an event, and who must be told what. Pure: the same book, event and time give the same. */
export function turn(book: Book, event: QueueEvent, rules: QueueRules, now: number): Turned {
  const { book: heard, commands } = hear(book, event, now);
  const state: QueueState = heard;
  const { grants, stops, waits } = schedule(state, rules, now);
  let next = heard;
  const told: QueueCommand[] = [];
  for (const { id, for: other, to } of stops) {
    const lease = next.leases.find(({ job }) => job.id === id);
    if (lease === undefined) continue;
    told.push({ kind: 'stop', id, lease: lease.number, for: other });
    const leases = next.leases.map((one) => (one === lease ? { ...one, leaving: true, to } : one));
    const waiting = next.waiting.map((job) => (job.id === other ? { ...job, promised: true } : job));
    next = { ...next, leases, waiting };
  }
  for (const { id, places } of grants) {
    const job = next.waiting.find((one) => one.id === id);
    if (job === undefined) continue;
    next = lend({ ...next, waiting: next.waiting.filter((one) => one !== job) }, job, places, now);
    told.push({ kind: 'grant', id, lease: next.given, places });
  }
  return { book: next, commands: [...commands, ...told], waits };
}

interface Heard {
  readonly book: Book;
  readonly commands: readonly QueueCommand[];
}

function hear(book: Book, event: QueueEvent, now: number): Heard {
  switch (event.kind) {
    case 'asked':
      return asked(book, event.job, now);
    case 'left':
      return left(book, event, now);
    case 'gone': {
      const rest = { ...book, waiting: without(book.waiting, event.id), leases: without(book.leases, event.id) };
      return { book: rest, commands: [] };
    }
    case 'checkpointed': {
      const leases = book.leases.map((lease) =>
        lease.job.id === event.id && lease.number === event.lease
          ? { ...lease, checkpointedAt: Math.max(lease.checkpointedAt ?? event.at, event.at) }
          : lease,
      );
      return { book: { ...book, leases }, commands: [] };
    }
    case 'machine':
      return { book: withMachine(book, event.name, event.gpus), commands: [] };
    case 'priority': {
      const { id, priority } = event;
      const waiting = book.waiting.map((job) => (job.id === id ? { ...job, priority } : job));
      const leases = book.leases.map((one) => (one.job.id === id ? { ...one, job: { ...one.job, priority } } : one));
      return { book: { ...book, waiting, leases }, commands: [] };
    }
    case 'tick':
      return { book, commands: [] };
  }
}

/** Who has GPUs already is told of them again, and who waits keeps its place. */
function asked(book: Book, job: Ask, now: number): Heard {
  const held = book.leases.find((one) => one.job.id === job.id);
  if (held !== undefined) {
    return { book, commands: [{ kind: 'grant', id: job.id, lease: held.number, places: held.places }] };
  }
  if (book.waiting.some(({ id }) => id === job.id)) return { book, commands: [] };
  const { id, team, priority, gpus, nodes, preemptible } = job;
  const waiting = { id, team, priority, gpus, nodes, preemptible, since: now, without: now, promised: false };
  return { book: { ...book, waiting: [...book.waiting, waiting] }, commands: [] };
}

function left(book: Book, { id, lease: number, done }: QueueEvent & { kind: 'left' }, now: number): Heard {
  const lease = book.leases.find((one) => one.job.id === id && one.number === number);
  if (lease === undefined) return { book, commands: [] };
  const rest = { ...book, leases: book.leases.filter((one) => one !== lease) };
  if (done) return { book: rest, commands: [] };
  if (lease.to !== null) {
    const moved = lend(rest, lease.job, lease.to, now);
    return { book: moved, commands: [{ kind: 'grant', id, lease: moved.given, places: lease.to }] };
  }
  const again = { ...lease.job, without: now };
  return { book: { ...rest, waiting: [...rest.waiting, again] }, commands: [] };
}

function lend(book: Book, job: QueueJob, places: readonly Place[], now: number): Book {
  const number = book.given + 1;
  const lease = {
    number,
    job: { ...job, promised: false },
    places,
    startedAt: now,
    checkpointedAt: null,
    leaving: false,
    to: null,
  };
  return { ...book, leases: [...book.leases, lease], given: number };
}

/** What was to go on where a machine is gone, or has fewer GPUs now, waits again once it has stopped. */
function withMachine(book: Book, name: string, gpus: number | null): Book {
  const others = book.machines.filter((one) => one.name !== name);
  const machines = gpus === null ? others : [...others, { name, gpus }];
  const isGone = (place: Place) => place.machine === name && place.gpus.some((gpu) => gpu >= (gpus ?? 0));
  const leases = book.leases.map((lease) => (lease.to?.some(isGone) === true ? { ...lease, to: null } : lease));
  return { ...book, machines, leases };
}

function without<Item extends QueueJob | Lease>(items: readonly Item[], id: string): Item[] {
  return items.filter((item) => ('job' in item ? item.job.id : item.id) !== id);
}
