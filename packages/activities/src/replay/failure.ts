import type { Entry } from './diary.ts';
import type { Standing } from './shape-noise.ts';

/** How an answer differs in shape, by name; null: it fails in another way. */
export type Failure = readonly string[] | null;

/** How the first answer differed in shape; null: it failed in another way, or nobody looked. */
export function namesOf({ shape }: Entry): Failure {
  const names = shape?.flatMap(({ path, raw }) => (raw === null ? [] : [path])) ?? [];
  return names.length === 0 ? null : names;
}

/** Of all differences of an answer the one that says most; another failure counts. */
export function worstOf(failure: Failure, standing: (name: string) => Standing): Standing {
  if (failure === null) return 'counts';
  const all = failure.map(standing);
  return WORST_FIRST.find((one) => all.includes(one)) ?? 'noise';
}

const WORST_FIRST: readonly Standing[] = ['more', 'counts', 'doubtful'];
