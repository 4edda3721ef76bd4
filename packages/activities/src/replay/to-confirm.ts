import type { Entry } from './diary.ts';
import { namesOf, worstOf } from './failure.ts';
import type { ShapeNoise, Standing } from './shape-noise.ts';
import type { Asked } from './spool.ts';

/** A request that failed once. */
export interface Failed {
  readonly place: number;
  readonly asked: Asked;
  readonly entry: Entry;
}

export interface ToConfirm {
  /** Regressions: many requests together have confirmed what their answers differ in. */
  readonly more: readonly Failed[];
  /** To be confirmed: first what may count, then what is in doubt. */
  readonly failed: readonly Failed[];
  /** Differ in nothing but noise. */
  readonly noise: readonly Failed[];
  /** Times that a request in doubt must fail. */
  readonly proofs: number;
}

/** Requests in doubt that are looked at by themselves: the first of each kind, then the second ones … */
const MOST_DOUBTFUL = 200;
/** Of holding noise against the candidate, in any request in doubt: half of 5 %, as `shapeNoiseOf` says. */
const RISK = 0.025;

/** Sorts what failed by what has to be done about it. */
export function toConfirm(failed: readonly Failed[], noise: ShapeNoise): ToConfirm {
  const by: Record<Standing, Failed[]> = { counts: [], more: [], doubtful: [], noise: [] };
  for (const one of failed) by[worstOf(namesOf(one.entry), (name) => noise.standing(one.asked, name))].push(one);
  const ranks = new Map<string, number>();
  const ranked = by.doubtful.map((one) => {
    const kind = `${one.asked.route}\n${one.asked.inputClass}`;
    const rank = ranks.get(kind) ?? 0;
    ranks.set(kind, rank + 1);
    return { one, rank };
  });
  const doubtful = ranked.sort((a, b) => a.rank - b.rank || a.one.place - b.one.place).map(({ one }) => one);
  const looked = doubtful.slice(0, MOST_DOUBTFUL);
  return {
    more: by.more.map((one) => ({ ...one, entry: { ...one.entry, why: whyMore(one, noise) } })),
    failed: [...by.counts, ...looked],
    noise: [...by.noise, ...doubtful.slice(MOST_DOUBTFUL)],
    proofs: proofsFor(looked.reduce((sum, { entry }) => sum + (namesOf(entry)?.length ?? 0), 0)),
  };
}

function whyMore({ asked, entry }: Failed, noise: ShapeNoise): string | null {
  for (const name of namesOf(entry) ?? []) {
    const more = noise.more(asked, name);
    if (more === null) continue;
    const { raw, noise: own, compared } = more;
    return `${name}: so in ${raw} of ${compared} answers, and in ${own} of the old version's second copy`;
  }
  return entry.why;
}

/**
 * How many answers of the candidate must differ alike from one of the old version, while as many more of the old version
 * do not. If both were the same, just these m of 2 m + 1 answers would be the odd ones with a chance of at most
 * 1 / C(2 m + 1, m); all differences that are in doubt share the risk.
 */
export function proofsFor(differences: number): number {
  let [m, ways] = [1, 3];
  while (differences > ways * RISK) {
    m += 1;
    ways = (ways * (2 * m) * (2 * m + 1)) / (m * (m + 1));
  }
  return m;
}
