import { type Verdict, verdicts, worstOf } from '@sluice/sdk';
import type { Row, RunReport } from './data.ts';
import { evidenceOf } from './read/json.ts';
import { badness, lost } from './rows.ts';

/** A row of evidence with the step that it stands in. */
export interface Finding {
  readonly step: string;
  readonly row: Row;
}

/** One step of the run that judged something. */
export interface Judged {
  readonly step: string;
  readonly what: 'evaluation' | 'replay' | 'data';
  readonly verdict: Verdict;
  readonly rows: readonly Row[];
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

/** Rows that speak against the candidate, the worst first: what failed, what could not be told, what does not count. */
export function findings(report: RunReport): Finding[] {
  const steps = judgedSteps(report).flatMap(({ step, rows }) => rows.map((row) => ({ step, row })));
  const health = report.deploys.flatMap(({ step, gates }) =>
    gates
      .filter(({ name }) => name === 'candidate health')
      .flatMap(({ evidence }) => evidenceOf(evidence).map((row) => ({ step, row }))),
  );
  return [...steps, ...health]
    .filter(({ row }) => row.verdict !== 'pass')
    .sort((a, b) => badness(b.row) - badness(a.row) || lost(b.row) - lost(a.row));
}

/** Worst of everything that was judged; of nothing it is `inconclusive`. */
export function overall(report: RunReport): Verdict {
  const asked = report.deploys.flatMap(({ verdict }) => verdict ?? []);
  return worstOf(asked.length > 0 ? asked : judgedSteps(report).map(({ verdict }) => verdict));
}
