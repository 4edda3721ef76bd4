import { type Lease, type QueueJob, type QueueRules, rankOf, sizeOf } from './queue-state.ts';

/**
 * How much of a job runs on what its team is guaranteed. That is for the team's most important jobs, and among equals for
 * those that have run longest.
 */
export type Standing = 'own' | 'partly own' | 'borrowed';

/** What teams have, or are about to get. */
export interface Usage {
  add(job: QueueJob): void;
  remove(job: QueueJob): void;
  /** Of one of these jobs. */
  standing(job: QueueJob): Standing;
  /** Would all of a job that waits run on what its team is guaranteed? Less important ones of its team may borrow then. */
  isWithin(job: QueueJob): boolean;
  /** How often a team has what it is guaranteed, or how many GPUs where that is none. */
  share(team: string): number;
  copy(): Usage;
}

export function usageOf(leases: readonly Lease[], rules: QueueRules): Usage {
  const staying = leases.filter(({ leaving, to }) => !leaving || to !== null);
  return usage(
    staying.sort((a, b) => a.startedAt - b.startedAt || (a.job.id < b.job.id ? -1 : 1)).map(({ job }) => job),
    rules,
  );
}

function usage(given: readonly QueueJob[], rules: QueueRules): Usage {
  let jobs = given;
  const guaranteed = (team: string) => (Object.hasOwn(rules.guaranteed, team) ? (rules.guaranteed[team] ?? 0) : 0);
  const sum = (some: readonly QueueJob[]) => some.reduce((total, job) => total + sizeOf(job), 0);
  const standing = (job: QueueJob): Standing => {
    const place = jobs.findIndex(({ id }) => id === job.id);
    const isBefore = (other: QueueJob, i: number) => rankOf(other) - rankOf(job) || (place === -1 ? -1 : i - place);
    const before = sum(jobs.filter((other, i) => other.team === job.team && isBefore(other, i) < 0));
    const left = guaranteed(job.team) - before;
    return left <= 0 ? 'borrowed' : left < sizeOf(job) ? 'partly own' : 'own';
  };
  return {
    add(job) {
      jobs = [...jobs, job];
    },
    remove(job) {
      jobs = jobs.filter(({ id }) => id !== job.id);
    },
    standing,
    isWithin: (job) => standing(job) === 'own',
    share: (team) => sum(jobs.filter((job) => job.team === team)) / Math.max(guaranteed(team), 1),
    copy: () => usage(jobs, rules),
  };
}
