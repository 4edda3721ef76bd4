import { type Lease, PRIORITIES, type QueueJob, type QueueRules, sizeOf } from './queue-state.ts';

/** What teams have, or are about to get. */
export interface Usage {
  add(job: QueueJob): void;
  remove(job: QueueJob): void;
  /** Has its team's guarantee room for a job beside those that run on it? */
  isWithin(job: QueueJob): boolean;
  /** Does a job of these run on GPUs that its team is not guaranteed? */
  borrows(job: QueueJob): boolean;
  /** How often a team has what it is guaranteed, or how many GPUs where that is none. */
  share(team: string): number;
  copy(): Usage;
}

export function usageOf(leases: readonly Lease[], rules: QueueRules): Usage {
  return usage(
    leases.filter(({ leaving, to }) => !leaving || to !== null).map(({ job }) => job),
    rules,
  );
}

function usage(given: readonly QueueJob[], rules: QueueRules): Usage {
  let jobs = given;
  const known = new Map<string, ReadonlySet<string>>();
  const guaranteed = (team: string) => (Object.hasOwn(rules.guaranteed, team) ? (rules.guaranteed[team] ?? 0) : 0);
  const of = (team: string) => jobs.filter((job) => job.team === team);
  /** Jobs of a team that its guarantee is for: the most important ones, and of these the oldest, as many as it has room for. */
  const own = (team: string): ReadonlySet<string> => {
    const found = known.get(team);
    if (found !== undefined) return found;
    const ids = new Set<string>();
    let left = guaranteed(team);
    for (const job of left === 0 ? [] : of(team).sort(inOrder)) {
      if (sizeOf(job) > left) continue;
      left -= sizeOf(job);
      ids.add(job.id);
    }
    known.set(team, ids);
    return ids;
  };
  const sum = (some: readonly QueueJob[]) => some.reduce((total, job) => total + sizeOf(job), 0);
  return {
    add(job) {
      jobs = [...jobs, job];
      known.delete(job.team);
    },
    remove(job) {
      jobs = jobs.filter(({ id }) => id !== job.id);
      known.delete(job.team);
    },
    isWithin(job) {
      const ids = own(job.team);
      return sum(of(job.team).filter(({ id }) => ids.has(id))) + sizeOf(job) <= guaranteed(job.team);
    },
    borrows: (job) => !own(job.team).has(job.id),
    share: (team) => sum(of(team)) / Math.max(guaranteed(team), 1),
    copy: () => usage(jobs, rules),
  };
}

function inOrder(a: QueueJob, b: QueueJob): number {
  const rank = ({ priority }: QueueJob) => PRIORITIES.indexOf(priority);
  return rank(a) - rank(b) || a.since - b.since || (a.id < b.id ? -1 : 1);
}
