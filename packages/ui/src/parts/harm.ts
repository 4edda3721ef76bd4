import { type Evidence, verdicts } from '@sluice/sdk';

/** Rows that harm first, then what holds for all, then slices: by verdict, and of one verdict by what was lost. */
export function harmFirst(rows: readonly Evidence[]): Evidence[] {
  return [...rows].sort((a, b) => part(a) - part(b) || badness(b) - badness(a) || order(lost(a), lost(b)));
}

function part({ verdict, slice }: Evidence): number {
  if (verdict === 'fail' || verdict === 'error') return 0;
  return slice === undefined ? 1 : 2;
}

function badness({ verdict }: Evidence): number {
  return verdicts.indexOf(verdict);
}

function lost({ slice, effect }: Evidence): number {
  return slice === undefined ? Number.NEGATIVE_INFINITY : (effect ?? 0);
}

function order(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
