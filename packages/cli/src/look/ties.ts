import type { Artifact, JsonObject } from '@sluice/sdk';
import { artifactsIn } from '../records/artifacts.ts';
import type { DoneStep } from '../records/run-record.ts';
import { hyperOf, resultOf } from './results.ts';

/** A run whose history was read. */
export interface ReadRun {
  readonly run: string;
  readonly commit: string | null;
  readonly by: string | null;
  readonly works: readonly DoneStep[];
}

/** A step of a run that made an artifact, or used it. */
export interface Tie {
  readonly run: string;
  readonly step: string;
  readonly kind: string;
  readonly at: number;
  readonly commit: string | null;
  readonly by: string | null;
}

export interface Ties {
  /** The artifact as the step that made it said it, with all it says of it; null where no run knows it. */
  readonly artifact: Artifact | null;
  readonly madeBy: readonly Tie[];
  readonly usedBy: readonly Tie[];
  /** What it was made from. */
  readonly from: readonly { readonly name: string; readonly artifact: Artifact }[];
  /** The hyper-parameters it was trained with; null where there are none, or no run knows them. */
  readonly hyper: JsonObject | null;
}

/** Who made an artifact out of what, and who used it; `runs` newest first. */
export function tiesOf(digest: string, runs: readonly ReadRun[]): Ties {
  const madeBy: Tie[] = [];
  const usedBy: Tie[] = [];
  let artifact: Artifact | null = null;
  let from: Ties['from'] = [];
  let hyper: JsonObject | null = null;
  for (const { works, ...run } of runs) {
    for (const work of works) {
      const { step, kind, at } = work;
      const inputs = artifactsIn(work.spec);
      if (inputs.some((one) => one.digest === digest)) usedBy.push({ ...run, step, kind, at });
      const made = resultOf(work).artifact;
      if (made?.digest !== digest) continue;
      madeBy.push({ ...run, step, kind, at });
      artifact ??= made;
      hyper ??= hyperOf(work.spec);
      if (from.length === 0) from = inputs.map(({ key, value }) => ({ name: key, artifact: value }));
    }
  }
  return { artifact, madeBy, usedBy, from, hyper };
}
