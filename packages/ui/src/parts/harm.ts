import { type Evidence, worstFirst } from '@sluice/sdk';

/** Rows by verdict, the worst first; of one verdict what holds for all before its slices, and slices by what was lost. */
export function harmFirst(rows: readonly Evidence[]): Evidence[] {
  const part = ({ slice }: Evidence) => (slice === undefined ? 0 : 1);
  const lost = (row: Evidence) => (row.slice === undefined ? 0 : (row.effect ?? 0));
  return worstFirst([...rows].sort((a, b) => part(a) - part(b) || lost(a) - lost(b)));
}
