import type { Random } from '../harness/random.ts';

/** Whom it strikes: one rank, torchrun's agent, all of them at once, or nobody: a notice that the machine goes away. */
export const victims = ['rank', 'agent', 'all', 'notice'] as const;
/** When: some steps after the attempt's start, in the middle of a save, or as soon as the ranks are there. */
export const moments = ['training', 'saving', 'starting'] as const;

export interface Fault {
  readonly seed: number;
  readonly victim: (typeof victims)[number];
  /** The rank that is killed where it is one. */
  readonly rank: number;
  readonly moment: (typeof moments)[number];
  /** Steps after the attempt's start at which it strikes, or from which on the next save is waited for. */
  readonly steps: number;
  /** Milliseconds after that. */
  readonly delay: number;
}

/** The fault of a seed; the same for the same number. */
export function planFault(seed: number, random: Random, world: number): Fault {
  return {
    seed,
    // Every kind comes up in any four seeds that follow each other.
    victim: victims[seed % victims.length] ?? 'rank',
    rank: Math.floor(random.next() * world),
    moment: random.weighted({ training: 5, saving: 3, starting: 1 }) as Fault['moment'],
    steps: 1 + Math.floor(random.next() * 15),
    delay: random.between(0, 60),
  };
}
