import { type Lease, type QueueJob, type QueueRules, sizeOf } from './queue-state.ts';

/** GPUs that teams have, or are about to get. */
export interface Usage {
  add(job: QueueJob): void;
  remove(job: QueueJob): void;
  /** Is a job one that its team's guarantee has room for? */
  isWithin(job: QueueJob): boolean;
  /** Has a team more than it is guaranteed? */
  borrows(team: string): boolean;
  /** How often a team has what it is guaranteed, or how many GPUs where that is none. */
  share(team: string): number;
  copy(): Usage;
}

export function usageOf(leases: readonly Lease[], rules: QueueRules): Usage {
  const used = new Map<string, number>();
  for (const { job, leaving, to } of leases) {
    if (!leaving || to !== null) used.set(job.team, (used.get(job.team) ?? 0) + sizeOf(job));
  }
  return usage(used, rules);
}

function usage(used: Map<string, number>, rules: QueueRules): Usage {
  const guaranteed = (team: string) => (Object.hasOwn(rules.guaranteed, team) ? (rules.guaranteed[team] ?? 0) : 0);
  const has = (team: string) => used.get(team) ?? 0;
  return {
    add: (job) => void used.set(job.team, has(job.team) + sizeOf(job)),
    remove: (job) => void used.set(job.team, has(job.team) - sizeOf(job)),
    isWithin: (job) => has(job.team) + sizeOf(job) <= guaranteed(job.team),
    borrows: (team) => has(team) > guaranteed(team),
    share: (team) => has(team) / Math.max(guaranteed(team), 1),
    copy: () => usage(new Map(used), rules),
  };
}
