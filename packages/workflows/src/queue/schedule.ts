import { levelOf, type Place, type QueueJob, type QueueRules, type QueueState } from './queue-state.ts';
import { roomOf } from './room.ts';
import { type Usage, usageOf } from './usage.ts';
import { victimsFor } from './victims.ts';

/**
 * Why a job waits: `full`, for others that are running; `leaving`, for some that were told to stop for it; `held`, and
 * machines are kept free for it; `guarantee`, because it may not be stopped and its team has all that is guaranteed;
 * `impossible`, because the machines that are there would not do if they were empty.
 */
export type WaitsFor = 'full' | 'leaving' | 'held' | 'guarantee' | 'impossible';

/** What is to be done now. */
export interface Schedule {
  /** Jobs that start, all nodes of each. */
  readonly grants: readonly { readonly id: string; readonly places: readonly Place[] }[];
  /** Jobs that must stop at a checkpoint, for whom, and where they go on at once; null where they wait again. */
  readonly stops: readonly { readonly id: string; readonly for: string; readonly to: readonly Place[] | null }[];
  /** Those that wait on, in the order in which they come. */
  readonly waits: readonly { readonly id: string; readonly why: WaitsFor }[];
}

/**
 * Who gets GPUs, who gives them up, and who waits. A pure function: the same state and time give the same schedule.
 *
 * Jobs come in this order: those for which others were told to stop; those that have waited so long that they count as
 * more than urgent; those that their team's guarantee has room for; then by priority, of the team first that has least of
 * what it is guaranteed, and by the time when they asked. One that does not fit makes others stop where it may, and keeps
 * what they leave; one that its guarantee has room for, or that has waited for `minRun`, also makes others move that fit
 * elsewhere. Else smaller ones pass it, until it counts as more than urgent: then machines are kept free for the first that
 * fits nowhere.
 */
export function schedule(state: QueueState, rules: QueueRules, now: number): Schedule {
  const machines = state.machines.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  let room = roomOf(machines, state.leases);
  let usage = usageOf(state.leases, rules);
  const order = ordered(state.waiting, () => usage, rules, now);
  const isShared = Object.keys(rules.guaranteed).length > 0;
  const grants: Schedule['grants'][number][] = [];
  const stops: Schedule['stops'][number][] = [];
  const waits: Schedule['waits'][number][] = [];
  let leases = state.leases.filter(({ leaving }) => !leaving);
  let isHeld = false;
  const waitFor = (job: QueueJob): WaitsFor => {
    if (room.keep(job)) {
      usage.add(job);
      return 'leaving';
    }
    const situation = { machines, leases, room, usage, rules, now, moving: false };
    const mayMove = usage.isWithin(job) || now - job.without >= rules.minRun;
    const cleared = victimsFor(job, situation) ?? (mayMove ? victimsFor(job, { ...situation, moving: true }) : null);
    if (cleared !== null) {
      stops.push(...cleared.victims.map(({ lease, to }) => ({ id: lease.job.id, for: job.id, to })));
      const gone = cleared.victims.map(({ lease }) => lease);
      leases = leases.filter((lease) => !gone.includes(lease));
      ({ room, usage } = cleared);
      return 'leaving';
    }
    if (!room.couldFit(job)) return 'impossible';
    if (isHeld || levelOf(job, now, rules) >= 0) return 'full';
    isHeld = true;
    room.keepSome(job);
    return 'held';
  };
  for (let job = order.next(); job !== null; job = order.next()) {
    const isLimited = isShared && !job.preemptible && !usage.isWithin(job);
    const places = isLimited ? null : room.take(job);
    if (isLimited) waits.push({ id: job.id, why: 'guarantee' });
    else if (places === null) waits.push({ id: job.id, why: waitFor(job) });
    else {
      grants.push({ id: job.id, places });
      usage.add(job);
    }
  }
  return { grants, stops, waits };
}

/**
 * When the schedule may be another one although nothing happens, epoch ms; null for never. A job may be stopped from then
 * on, counts as more important, or has machines kept free for it.
 */
export function changesAt({ leases, waiting }: QueueState, rules: QueueRules, now: number): number | null {
  if (waiting.length === 0) return null;
  const stoppable = leases.filter(({ leaving }) => !leaving).map(({ startedAt }) => startedAt + rules.minRun);
  const older = waiting.flatMap(({ without }) => [
    without + rules.minRun,
    without + rules.ageing * (Math.floor(Math.max(0, now - without) / rules.ageing) + 1),
  ]);
  const later = [...stoppable, ...older].filter((at) => at > now);
  return later.length === 0 ? null : Math.min(...later);
}

/** Jobs one after another: what one of them gets moves its team back. */
function ordered(
  waiting: readonly QueueJob[],
  usage: () => Usage,
  rules: QueueRules,
  now: number,
): { next(): QueueJob | null } {
  const level = (job: QueueJob) => levelOf(job, now, rules);
  const lines = new Map<string, QueueJob[]>();
  for (const job of waiting) {
    const line = lines.get(job.team);
    if (line === undefined) lines.set(job.team, [job]);
    else line.push(job);
  }
  // The first of a team is the last of its line.
  const promised = (job: QueueJob) => Number(job.promised);
  for (const line of lines.values()) {
    line.sort(
      (a, b) => promised(a) - promised(b) || level(b) - level(a) || b.since - a.since || (a.id < b.id ? 1 : -1),
    );
  }
  const keyOf = (job: QueueJob): readonly number[] => {
    const [aged, within] = [level(job) < 0, usage().isWithin(job)];
    const first = [job.promised, aged, within].map((holds) => (holds ? 0 : 1));
    return [...first, level(job), usage().share(job.team), job.since];
  };
  return {
    next() {
      let first: { readonly job: QueueJob; readonly key: readonly number[] } | null = null;
      for (const line of lines.values()) {
        const job = line.at(-1);
        if (job === undefined) continue;
        const key = keyOf(job);
        if (first === null || isBefore(key, first.key) || (!isBefore(first.key, key) && job.id < first.job.id)) {
          first = { job, key };
        }
      }
      return first === null ? null : (lines.get(first.job.team)?.pop() ?? null);
    },
  };
}

function isBefore(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at !== -1 && (a[at] as number) < (b[at] as number);
}
