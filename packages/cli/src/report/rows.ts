import { verdicts } from '@sluice/sdk';
import type { Row } from './data.ts';

/** Rows that sink the verdict first, then what holds for all, then slices: each by how many margins were lost. */
export function byHarm(rows: readonly Row[]): Row[] {
  return [...rows].sort((a, b) => part(a) - part(b) || badness(b) - badness(a) || lost(b) - lost(a));
}

/** How bad a row is, for rows of many steps beside each other; what does not count comes after all that does. */
export function badness({ verdict, counts }: Row): number {
  return verdicts.indexOf(verdict) - (counts ? 0 : verdicts.length);
}

/** What was lost in margins, so that metrics of different units can be held against each other. */
export function lost({ gain }: Row): number {
  if (gain === null) return 0;
  return gain.margin === null || gain.margin === 0 ? -gain.effect : gain.effect / gain.margin;
}

function part({ verdict, counts, slice }: Row): number {
  if (counts && (verdict === 'fail' || verdict === 'error')) return 0;
  return slice === undefined ? 1 : 2;
}
