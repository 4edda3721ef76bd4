/** How much a job matters, most first. */
export const PRIORITIES = ['urgent', 'normal', 'batch'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** A job that asks for whole GPUs, or holds them. */
export interface QueueJob {
  readonly id: string;
  readonly team: string;
  readonly priority: Priority;
  /** GPUs of each node, at least 1, all of one machine. */
  readonly gpus: number;
  /** Nodes, at least 1: they start together or not at all. */
  readonly nodes: number;
  /** Epoch ms at which it first asked: among equals the first goes first, also when it was stopped. */
  readonly since: number;
  /** Epoch ms since when it has no GPUs: by that it ages. A job that was stopped has just had some. */
  readonly without: number;
  /** Were others told to stop for it? Then it comes first, so that they did not in vain. */
  readonly promised: boolean;
  /** May it be made to stop at a checkpoint? One that may not gets GPUs within its team's guarantee only. */
  readonly preemptible: boolean;
}

/** GPUs of one node of a job. */
export interface Place {
  readonly machine: string;
  /** Which of the machine's, from 0. */
  readonly gpus: readonly number[];
}

/** A job that holds GPUs. */
export interface Lease {
  readonly job: QueueJob;
  /** One for each node. */
  readonly places: readonly Place[];
  /** Epoch ms. */
  readonly startedAt: number;
  /** Epoch ms of its last whole checkpoint; null where it has written none since it started. */
  readonly checkpointedAt: number | null;
  /** Has it been told to stop? */
  readonly leaving: boolean;
  /** Where it goes on once it has stopped; null where it waits again, and for one that was not told to. */
  readonly to: readonly Place[] | null;
}

/** A machine that is there. */
export interface Machine {
  readonly name: string;
  /** How many it has. */
  readonly gpus: number;
}

export interface QueueState {
  readonly machines: readonly Machine[];
  readonly leases: readonly Lease[];
  readonly waiting: readonly QueueJob[];
}

export interface QueueRules {
  /**
   * GPUs that a team gets whenever it asks for them, by its name. Others may use them meanwhile. Empty: all belong to
   * everybody, and only priorities count.
   */
  readonly guaranteed: Readonly<Record<string, number>>;
  /** Milliseconds of waiting after which a job counts as one priority higher, and above `urgent` as one that must have its turn. */
  readonly ageing: number;
  /** Milliseconds that a job runs at least before it may be told to stop, and that one waits before others move for it. */
  readonly minRun: number;
}

/** GPUs of all of its nodes. */
export function sizeOf({ gpus, nodes }: Pick<QueueJob, 'gpus' | 'nodes'>): number {
  return gpus * nodes;
}

/** 0 for the most important. */
export function rankOf({ priority }: QueueJob): number {
  return PRIORITIES.indexOf(priority);
}

/** The same, and less, down to below 0, the longer it has waited. */
export function levelOf(job: QueueJob, now: number, { ageing }: QueueRules): number {
  return rankOf(job) - Math.floor(Math.max(0, now - job.without) / ageing);
}
