import type { Check } from '@sluice/sdk';
import type { DuckDbSession } from '../extract/duckdb-session.ts';
import { profileColumns } from '../extract/profile.ts';
import type { Beside } from './compiled.ts';

/** The same with a profile of what distributions are held against, where only its rows were handed in. */
export async function withFrozenBins(
  session: DuckDbSession,
  checks: readonly Check[],
  beside: Beside,
): Promise<Beside> {
  const { reference } = beside;
  if (reference?.data === undefined || reference.profile !== undefined) return beside;
  const { source, columns } = reference.data;
  const wanted = new Set(
    checks.flatMap((check) => {
      if (!('column' in check) || check.rule.kind !== 'distribution') return [];
      return check.rule.by === 'psi' || check.rule.by === 'js' ? [check.column] : [];
    }),
  );
  if (wanted.size === 0) return beside;
  const profiled = await profileColumns(
    session,
    source,
    columns.filter(({ name }) => wanted.has(name)),
  );
  return { ...beside, reference: { ...reference, profile: { rows: source.rows, columns: profiled } } };
}
