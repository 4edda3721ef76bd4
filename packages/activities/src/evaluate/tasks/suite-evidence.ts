import { type Evidence, type Verdict, worstFirst, worstOf } from '@sluice/sdk';
import { answerRows } from '../judge.ts';
import type { AnswerCounts, AnswerProblem, SuiteBaseline, SuiteRow } from '../suite-report.ts';
import type { TaskToJudge } from './judge-suite.ts';
import { isUnscoredAt, type ScoredTask } from './scored-task.ts';
import { isJudged } from './suite-file.ts';

/** Everything that a verdict hangs on, as rows of a gate, worst first; and the verdict. */
export function suiteEvidence(
  tasks: readonly TaskToJudge[],
  rows: readonly SuiteRow[],
  baseline: SuiteBaseline,
  endpoint: string,
  seed: number,
): { readonly verdict: Verdict; readonly evidence: readonly Evidence[] } {
  const answered = tasks.flatMap(pairsOf);
  const counting: Evidence[] = [...answerRows(answered), ...rows.filter(({ counts }) => counts).map(asEvidence(seed))];
  const shown = rows.filter(({ counts }) => !counts).map(asEvidence(seed));
  const aside: Evidence[] = [];
  if (baseline.broken !== null) {
    const note = baseline.broken.slice(0, 500);
    counting.unshift({ metric: 'baseline could be served', verdict: 'error', value: null, note });
  } else if (baseline.kind === 'production' && baseline.digest === null) {
    const note = `nothing is deployed on ${endpoint}, so there is nothing to compare with`;
    aside.push({ metric: 'production version', verdict: 'pass', value: null, note });
  }
  return {
    verdict: worstOf(counting.map(({ verdict }) => verdict)),
    evidence: [...byHarm(counting), ...aside, ...byHarm(shown)],
  };
}

function byHarm(rows: readonly Evidence[]): Evidence[] {
  const whole = (row: Evidence) => (row.slice === undefined ? 0 : 1);
  return worstFirst([...rows].sort((a, b) => whole(a) - whole(b)));
}

function asEvidence(seed: number): (row: SuiteRow) => Evidence {
  return (row) => {
    const { threshold, interval, margin } = row;
    const bounds = [
      ...(margin === null ? [] : [row.better === 'higher' ? `difference > -${margin}` : `difference < ${margin}`]),
      ...(threshold === null || threshold.least === null ? [] : [`≥ ${threshold.least}`]),
      ...(threshold === null || threshold.most === null ? [] : [`≤ ${threshold.most}`]),
    ];
    const [low, high] = interval ?? [null, null];
    return {
      metric: `${row.task}: ${row.metric}`,
      ...(row.category === null ? {} : { slice: row.category }),
      verdict: row.verdict,
      value: row.candidate,
      baseline: row.baseline,
      ...(bounds.length === 0 ? {} : { threshold: bounds.join(', ') }),
      effect: row.difference,
      interval: low === null || high === null ? null : [low, high],
      p: row.p,
      n: row.n,
      seed,
      ...(row.note === null ? {} : { note: row.note }),
    };
  };
}

function pairsOf({ cases, metrics, candidate, baseline }: TaskToJudge) {
  const judged = metrics.filter(({ settings }) => isJudged(settings));
  return cases.map(({ id }, i) => {
    const lost = judged.find(({ name }) => isUnscoredAt(name, i, candidate, baseline));
    return {
      candidate:
        lost === undefined
          ? answeredAt(candidate, i, id)
          : ({ ok: false, error: `${id}: ${lost.name} cannot score the answer` } as const),
      baseline: baseline === null ? null : answeredAt(baseline, i, id),
    };
  });
}

function answeredAt({ problems, errors }: ScoredTask, i: number, id: string) {
  if ((problems[i] ?? null) === null) return { ok: true } as const;
  return { ok: false, error: `${id}: ${errors.get(id) ?? 'no answer'}` } as const;
}

/** What was not answered, task by task. */
export function answerCounts({ task, cases, candidate, baseline }: TaskToJudge): AnswerCounts {
  const lost = cases.filter((_, i) => candidate.problems[i] !== null && baseline?.problems[i] === null).length;
  const examples = cases.flatMap(({ id }) => {
    const error = candidate.errors.get(id);
    return error === undefined ? [] : [`${id}: ${error}`];
  });
  return {
    task,
    cases: cases.length,
    candidate: counted(candidate.problems),
    baseline: baseline === null ? null : counted(baseline.problems),
    lost,
    examples: examples.slice(0, 5),
  };
}

function counted(problems: readonly (AnswerProblem | null)[]): Record<AnswerProblem, number> {
  const count = (problem: AnswerProblem) => problems.filter((one) => one === problem).length;
  return {
    transport: count('transport'),
    deadline: count('deadline'),
    status: count('status'),
    answer: count('answer'),
  };
}
