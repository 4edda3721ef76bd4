import { type Evidence, type Verdict, verdicts, worstOf } from '@sluice/sdk';
import { marginOf } from '@sluice/ui/shared';
import type { RunReport } from './data.ts';

/** A row of evidence with the step that it stands in. */
export interface Finding {
  readonly step: string;
  readonly row: Evidence;
}

/** One step of the run that judged something. */
export interface Judged {
  readonly step: string;
  readonly what: 'evaluation' | 'replay' | 'data';
  readonly verdict: Verdict;
  readonly rows: readonly Evidence[];
}

/** Every step with evidence, the worst first. */
export function judgedSteps({ evaluations, replays, data }: RunReport): Judged[] {
  const all: Judged[] = [
    ...evaluations.map(({ step, verdict, evidence }) => ({
      step,
      what: 'evaluation' as const,
      verdict,
      rows: evidence,
    })),
    ...replays.map(({ step, verdict, evidence }) => ({ step, what: 'replay' as const, verdict, rows: evidence })),
    ...data.map(({ step, verdict, checks }) => ({ step, what: 'data' as const, verdict, rows: checks })),
  ];
  return all.sort((a, b) => verdicts.indexOf(b.verdict) - verdicts.indexOf(a.verdict));
}

/** Rows that speak against the candidate, the worst first: what failed, what could not be told, what did not count. */
export function findings(report: RunReport): Finding[] {
  const rows = judgedSteps(report).flatMap(({ step, rows }) =>
    rows.filter(({ verdict }) => verdict !== 'pass').map((row) => ({ step, row })),
  );
  const health = report.deploys.flatMap((deploy) =>
    deploy.gates
      .filter(({ name }) => name === 'candidate health')
      .flatMap(({ evidence }) => evidence.filter(({ verdict }) => verdict !== 'pass'))
      .map((row) => ({ step: deploy.step, row })),
  );
  return [...rows, ...health].sort(
    (a, b) => verdicts.indexOf(b.row.verdict) - verdicts.indexOf(a.row.verdict) || harm(b.row) - harm(a.row),
  );
}

/** What was lost in margins, so that metrics of different units can be held against each other. */
function harm(row: Evidence): number {
  const margin = marginOf(row);
  if (row.effect == null) return 0;
  return margin === null || margin === 0 ? Math.max(0, -row.effect) : row.effect / margin;
}

/** Worst of everything that was judged; of nothing it is `inconclusive`. */
export function overall(report: RunReport): Verdict {
  const asked = report.deploys.flatMap(({ verdict }) => verdict ?? []);
  return worstOf(asked.length > 0 ? asked : judgedSteps(report).map(({ verdict }) => verdict));
}
