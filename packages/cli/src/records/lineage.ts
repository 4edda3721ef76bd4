import type { ArtifactLink, Use } from '@sluice/ui/api';
import { rowOf } from './row.ts';
import type { RunTrace } from './traces.ts';

/** Entries of each list that are told. */
const MOST = 200;

export interface Ties {
  /** How it is named where it was made, else where it was used; null where no run knows it. */
  readonly link: ArtifactLink | null;
  readonly madeBy: readonly Use[];
  readonly usedBy: readonly Use[];
  readonly from: readonly ArtifactLink[];
  readonly into: readonly ArtifactLink[];
}

/** Who made and used an artifact, what it was made from, and what was made from it. */
export function tiesOf(digest: string, runs: readonly RunTrace[]): Ties {
  const madeBy = new Map<string, Use>();
  const usedBy = new Map<string, Use>();
  const from = new Map<string, ArtifactLink>();
  const into = new Map<string, ArtifactLink>();
  let made: ArtifactLink | null = null;
  let used: ArtifactLink | null = null;
  for (const { execution, steps } of runs) {
    const { id, commit } = rowOf(execution);
    for (const { step, at, inputs, outputs } of steps) {
      const key = `${id} ${step}`;
      const use: Use = { run: id, step, at, commit };
      const output = outputs.find((one) => one.digest === digest);
      const input = inputs.find((one) => one.digest === digest);
      if (output !== undefined) {
        made ??= output;
        madeBy.set(key, use);
        for (const one of inputs) if (!from.has(one.digest)) from.set(one.digest, one);
      }
      if (input !== undefined) {
        used ??= input;
        usedBy.set(key, use);
        for (const one of outputs) if (!into.has(one.digest)) into.set(one.digest, one);
      }
    }
  }
  const first = <Value>(values: Map<string, Value>) => [...values.values()].slice(0, MOST);
  return { link: made ?? used, madeBy: first(madeBy), usedBy: first(usedBy), from: first(from), into: first(into) };
}

/** Whole digests of these runs that begin with the hex digits. */
export function digestsLike(hex: string, runs: readonly RunTrace[]): string[] {
  const found = new Set<string>();
  for (const { steps } of runs) {
    for (const { inputs, outputs } of steps) {
      for (const { digest } of [...inputs, ...outputs]) {
        if (digest.slice(digest.indexOf(':') + 1).startsWith(hex)) found.add(digest);
      }
    }
  }
  return [...found];
}
