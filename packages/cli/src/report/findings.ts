import { type Verdict, verdicts, worstOf } from '@sluice/sdk';
import type { Row, RunReport } from './data.ts';
import { evidenceOf } from './read/json.ts';
import { badness, lost } from './rows.ts';

/** A row of evidence with the step, or else the gate, that it stands in. */
export interface Finding {
  readonly step: string;
  /** Path of the deploy step whose gate it is; left out of rows of steps. */
  readonly gateOf?: string;
  /** Which rollout of the run it ended, from 0; left out of rows of steps and gates. */
  readonly rollout?: number;
  readonly row: Row;
}

/** One step of the run that judged something. */
export interface Judged {
  readonly step: string;
  /** As a gate is called that was made of it. */
  readonly name: string;
  readonly what: 'evaluation' | 'replay' | 'data';
  readonly verdict: Verdict;
  readonly rows: readonly Row[];
}

/** Every step with evidence, the worst first. */
export function judgedSteps({ evaluations, replays, data }: RunReport): Judged[] {
  const all: Judged[] = [
    ...evaluations.map((one) => ({ ...pick(one), what: 'evaluation' as const, rows: one.evidence })),
    ...replays.map((one) => ({ ...pick(one), what: 'replay' as const, rows: one.evidence })),
    ...data.map((one) => ({ ...pick(one), what: 'data' as const, rows: one.checks })),
  ];
  return all.sort((a, b) => verdicts.indexOf(b.verdict) - verdicts.indexOf(a.verdict));
}

function pick({ step, name, verdict }: Omit<Judged, 'what' | 'rows'>): Omit<Judged, 'what' | 'rows'> {
  return { step, name, verdict };
}

/** A gate that no step of the run stands for: the candidate's own health, one of the author's, one whose report is gone. */
export interface OtherGate {
  /** Path of the deploy step. */
  readonly of: string;
  readonly name: string;
  readonly verdict: Verdict;
  readonly rows: readonly Row[];
}

export function otherGates(report: RunReport): OtherGate[] {
  const known = new Set(judgedSteps(report).map(({ name }) => name));
  return report.deploys.flatMap(({ step: of, gates }) =>
    gates
      .filter(({ name }) => !known.has(name))
      .map(({ name, verdict, evidence }) => ({ of, name, verdict, rows: evidenceOf(evidence) })),
  );
}

/** Rows that speak against the candidate, the worst first: what failed, what could not be told, what does not count. */
export function findings(report: RunReport): Finding[] {
  const steps = judgedSteps(report).flatMap(({ step, rows }) => rows.map((row) => ({ step, row })));
  const gates = otherGates(report).flatMap(({ of: gateOf, name: step, rows }) =>
    rows.map((row) => ({ step, gateOf, row })),
  );
  const rollouts = report.rollouts.flatMap(({ endpoint, evidence }, rollout) =>
    evidence.map((row) => ({ step: `rollout on ${endpoint}`, rollout, row })),
  );
  return [...rollouts, ...steps, ...gates]
    .filter(({ row }) => row.verdict !== 'pass')
    .sort((a, b) => badness(b.row) - badness(a.row) || lost(b.row) - lost(a.row));
}

/** Worst of everything that was judged, and `fail` where it was rolled back all the same; of nothing it is `inconclusive`. */
export function overall(report: RunReport): Verdict {
  const asked = report.deploys.flatMap(({ state, verdict }) => (state === 'rolled-back' ? 'fail' : (verdict ?? [])));
  return worstOf(asked.length > 0 ? asked : judgedSteps(report).map(({ verdict }) => verdict));
}
