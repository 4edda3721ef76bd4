import {
  type Lease,
  type Machine,
  type Place,
  type QueueJob,
  type QueueRules,
  type QueueState,
  sizeOf,
} from '../queue-state.ts';
import { changesAt, type Schedule } from '../schedule.ts';
import { usageOf } from '../usage.ts';

/** A job of a trace, all times in milliseconds. */
export interface TraceJob extends Omit<QueueJob, 'since' | 'without' | 'promised'> {
  readonly arrivesAt: number;
  /** That it runs where nobody stops it. */
  readonly work: number;
  readonly checkpointEvery: number;
  /** From when it is told to stop until its GPUs are free. */
  readonly leaves: number;
  /** Before it goes on from a checkpoint. */
  readonly restores: number;
}

export interface Trace {
  readonly machines: readonly Machine[];
  readonly jobs: readonly TraceJob[];
}

export type Policy = (state: QueueState, now: number) => Schedule;

/** What became of a job. */
export interface Outcome {
  readonly job: TraceJob;
  readonly startedAt: number;
  readonly doneAt: number;
  readonly stops: number;
  /** Work done twice, and restoring. */
  readonly lost: number;
}

export interface Simulated {
  readonly outcomes: readonly Outcome[];
  /** GPU milliseconds of work that counts, until a moment. */
  usefulUntil(at: number): number;
  /** By job: the longest time that it waited and its team's guarantee had room for it all the while, milliseconds. */
  readonly guaranteedAfter: ReadonlyMap<string, number>;
}

interface Running {
  readonly lease: Lease;
  /** When its work goes on after it was restored. */
  readonly worksFrom: number;
  leavesAt: number | null;
  to: readonly Place[] | null;
}

/**
 * A trace played by a policy until all jobs are done. Throws where a GPU is given twice, a gang in parts, or a job twice.
 *
 * @param next when the policy may say something else although nothing happens
 */
export function simulate(
  { machines, jobs }: Trace,
  policy: Policy,
  rules: QueueRules,
  next: (state: QueueState, now: number) => number | null = (state, now) => changesAt(state, rules, now),
): Simulated {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const arrivals = [...jobs].sort((a, b) => a.arrivesAt - b.arrivesAt);
  const waiting = new Map<string, QueueJob>();
  const running = new Map<string, Running>();
  const left = new Map(jobs.map((job) => [job.id, job.work]));
  const stops = new Map<string, number>();
  const lost = new Map<string, number>();
  const startedAt = new Map<string, number>();
  const outcomes: Outcome[] = [];
  const useful: { readonly from: number; readonly to: number; readonly gpus: number }[] = [];
  const deserved = new Map<string, number>();
  const guaranteedAfter = new Map<string, number>();
  let [now, arrived] = [0, 0];
  const jobOf = (id: string): TraceJob => byId.get(id) ?? fail(`there is no job ${id}`);
  const isDone = ({ lease, worksFrom }: Running) => now >= worksFrom + (left.get(lease.job.id) ?? 0);
  const endOf = (run: Running) => {
    const done = run.worksFrom + (left.get(run.lease.job.id) ?? 0);
    return run.leavesAt === null ? done : Math.min(done, run.leavesAt);
  };
  /** The last checkpoint, as work done in this lease. */
  const savedOf = (run: Running, at: number) => {
    const { checkpointEvery } = jobOf(run.lease.job.id);
    return Math.floor(Math.max(0, at - run.worksFrom) / checkpointEvery) * checkpointEvery;
  };
  const stateNow = (): QueueState => ({
    machines,
    waiting: [...waiting.values()],
    leases: [...running.values()].map((run) => {
      const saved = savedOf(run, now);
      return {
        ...run.lease,
        checkpointedAt: saved === 0 ? null : run.worksFrom + saved,
        leaving: run.leavesAt !== null,
        to: run.to,
      };
    }),
  });
  const end = (run: Running) => {
    const { id } = run.lease.job;
    const job = jobOf(id);
    running.delete(id);
    if (isDone(run)) {
      useful.push({ from: run.worksFrom, to: now, gpus: sizeOf(job) });
      const counts = { stops: stops.get(id) ?? 0, lost: lost.get(id) ?? 0 };
      outcomes.push({ job, startedAt: startedAt.get(id) ?? 0, doneAt: now, ...counts });
      return;
    }
    // Told to stop, it writes a checkpoint of all it has done.
    const done = Math.max(0, now - job.leaves - run.worksFrom);
    if (done > 0) useful.push({ from: run.worksFrom, to: run.worksFrom + done, gpus: sizeOf(job) });
    left.set(id, (left.get(id) ?? 0) - done);
    stops.set(id, (stops.get(id) ?? 0) + 1);
    lost.set(id, (lost.get(id) ?? 0) + (now - run.lease.startedAt) - done);
    waiting.set(id, { ...run.lease.job, without: now, promised: false });
    if (run.to !== null) start(id, run.to);
  };
  const start = (id: string, places: Lease['places']) => {
    const job = waiting.get(id) ?? fail(`${id} is started, and does not wait`);
    const { restores } = jobOf(id);
    check(
      job,
      places,
      [...running.values()].filter(({ lease }) => lease.job.id !== id),
      machines,
    );
    waiting.delete(id);
    startedAt.set(id, startedAt.get(id) ?? now);
    const worksFrom = now + ((stops.get(id) ?? 0) > 0 ? restores : 0);
    const lease = { job, places, startedAt: now, checkpointedAt: null, leaving: false, to: null };
    running.set(id, { lease, worksFrom, leavesAt: null, to: null });
  };
  while (outcomes.length < jobs.length) {
    for (const run of [...running.values()]) if (endOf(run) <= now) end(run);
    for (let job = arrivals[arrived]; job !== undefined && job.arrivesAt <= now; job = arrivals[++arrived]) {
      const { id, team, priority, gpus, nodes, preemptible, arrivesAt } = job;
      waiting.set(id, {
        id,
        team,
        priority,
        gpus,
        nodes,
        preemptible,
        since: arrivesAt,
        without: arrivesAt,
        promised: false,
      });
    }
    const { grants, stops: told } = policy(stateNow(), now);
    for (const { id, to, for: other } of told) {
      const first = waiting.get(other);
      if (first !== undefined) waiting.set(other, { ...first, promised: true });
      const run = running.get(id) ?? fail(`${id} is told to stop, and does not run`);
      if (run.leavesAt !== null) fail(`${id} is told to stop twice`);
      run.leavesAt = now + jobOf(id).leaves;
      run.to = to;
    }
    for (const { id, places } of grants) start(id, places);
    for (const [id, waited] of delayed(stateNow(), rules, now, deserved)) {
      guaranteedAfter.set(id, Math.max(waited, guaranteedAfter.get(id) ?? 0));
    }
    const times = [...running.values()].map(endOf);
    const arrival = arrivals[arrived];
    if (arrival !== undefined) times.push(arrival.arrivesAt);
    const change = next(stateNow(), now);
    if (change !== null) times.push(change);
    if (times.length === 0) {
      if (outcomes.length < jobs.length) fail(`nothing happens any more, and ${waiting.size} jobs wait`);
      break;
    }
    now = Math.max(now, Math.min(...times));
  }
  return {
    outcomes,
    usefulUntil: (at) =>
      useful.reduce((sum, { from, to, gpus }) => sum + gpus * Math.max(0, Math.min(to, at) - Math.min(from, at)), 0),
    guaranteedAfter,
  };
}

/** How long jobs have waited that their team's guarantee has had room for all the while. */
function* delayed(
  { leases, waiting }: QueueState,
  rules: QueueRules,
  now: number,
  since: Map<string, number>,
): Generator<[string, number]> {
  const usage = usageOf(leases, rules);
  for (const job of waiting) {
    if (!usage.isWithin(job)) since.delete(job.id);
    else {
      const from = since.get(job.id) ?? now;
      since.set(job.id, from);
      yield [job.id, now - from];
    }
  }
  for (const { job } of leases) since.delete(job.id);
}

function check(
  job: QueueJob,
  places: Lease['places'],
  running: readonly Running[],
  machines: readonly Machine[],
): void {
  if (places.length !== job.nodes) fail(`${job.id} has ${places.length} of ${job.nodes} nodes`);
  const taken = new Set(running.flatMap(({ lease, to }) => [...lease.places, ...(to ?? [])].flatMap(keysOf)));
  for (const place of places) {
    if (new Set(place.gpus).size !== job.gpus) fail(`${job.id} has ${place.gpus.join()} of ${job.gpus} GPUs`);
    const machine = machines.find(({ name }) => name === place.machine) ?? fail(`there is no ${place.machine}`);
    if (place.gpus.some((gpu) => gpu < 0 || gpu >= machine.gpus)) fail(`${place.machine} has no ${place.gpus.join()}`);
    for (const key of keysOf(place)) {
      if (taken.has(key)) fail(`${key} is given twice`);
      taken.add(key);
    }
  }
}

function keysOf({ machine, gpus }: Lease['places'][number]): string[] {
  return gpus.map((gpu) => `${machine}/${gpu}`);
}

function fail(why: string): never {
  throw new Error(`The schedule is wrong: ${why}.`);
}
