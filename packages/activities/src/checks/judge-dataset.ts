import { type Check, type Column, type Evidence, type Verdict, verdicts, worstOf } from '@sluice/sdk';
import type { DuckDbSession } from '../extract/duckdb-session.ts';
import type { Beside, Source } from './compiled.ts';
import { evidenceOf } from './evidence.ts';
import { findAll } from './find.ts';
import { withFrozenBins } from './reference.ts';
import { type CheckResults, resultsOf } from './results.ts';

export type { Beside, Other, Reference, Source } from './compiled.ts';
export type { CheckResult, CheckResults, ResultOfRows, ResultOfValue } from './results.ts';

/** What checks say of a dataset. */
export interface Judged {
  /** The worst of the checks that block; rows are enough where none does. */
  readonly verdict: Verdict;
  /** One row a check, worst first. */
  readonly evidence: readonly Evidence[];
  /** All of it, in the order of the checks, with samples of what is wrong. */
  readonly results: CheckResults;
}

/**
 * Judges every check on stored rows in a handful of scans: all that one value says by itself in one; one more for each
 * column whose values have to be grouped or put in order; samples for what failed. A check without a single value to
 * judge is inconclusive; one that cannot be judged (no such column, a bound of another type) is an error.
 *
 * @param beside datasets that checks are held against
 */
export async function judgeDataset(
  session: DuckDbSession,
  source: Source,
  columns: readonly Column[],
  checks: readonly Check[],
  beside: Beside = {},
): Promise<Judged> {
  const findings = await findAll(session, source, columns, checks, await withFrozenBins(session, checks, beside));
  const rows = findings.map((finding) => ({ row: evidenceOf(finding), blocks: finding.check.severity !== 'warn' }));
  const only = rowsAtAll(
    source.rows,
    rows.some(({ blocks }) => blocks),
  );
  if (only !== null) rows.push({ row: only, blocks: true });
  const badness = ({ row, blocks }: (typeof rows)[number]) => verdicts.indexOf(row.verdict) + (blocks ? 0.5 : 0);
  const sorted = rows.toSorted((a, b) => badness(b) - badness(a) || (a.row.value ?? -1) - (b.row.value ?? -1));
  const verdict = worstOf(rows.filter(({ blocks }) => blocks).map(({ row }) => row.verdict));
  return { verdict, evidence: sorted.map(({ row }) => row), results: resultsOf(findings, source.rows, verdict) };
}

/** The row that says whether there is anything; null where checks say enough. */
function rowsAtAll(n: number, judged: boolean): Evidence | null {
  const row = { metric: 'rows', value: n, threshold: '> 0', n };
  if (n === 0) return { ...row, verdict: 'inconclusive', note: 'The query gave no rows.' };
  return judged ? null : { ...row, verdict: 'pass' };
}
