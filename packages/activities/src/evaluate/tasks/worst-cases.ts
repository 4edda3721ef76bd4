import { cut } from '../cut-value.ts';
import { type ShownAnswer, WORST_CASES, type WorstCase } from '../suite-report.ts';
import type { TaskToJudge } from './judge-suite.ts';
import { isAnswer, type Reply } from './reply.ts';
import { isUnscoredAt, type NamedMetric, type ScoredTask } from './scored-task.ts';

type Get = (id: string) => Promise<Reply | null>;

/** The cases that lost most, with what was asked, expected and answered. */
export async function worstCases(
  tasks: readonly TaskToJudge[],
  candidate: Get,
  baseline: Get | null,
): Promise<WorstCase[]> {
  const ranked = tasks
    .flatMap((task) => {
      const harmOf = harmIn(task);
      return task.cases.map((one, i) => ({ task, one, i, harm: harmOf(i) }));
    })
    .filter(({ harm }) => harm > ROUNDING)
    .sort((a, b) => b.harm - a.harm || (a.one.id < b.one.id ? -1 : 1))
    .slice(0, WORST_CASES);
  const worst: WorstCase[] = [];
  for (const { task, one, i, harm } of ranked) {
    worst.push({
      id: one.id,
      task: one.task,
      category: one.category,
      cluster: one.cluster,
      input: cut(one.input),
      expected: cut(one.expected),
      candidate: shown(await candidate(one.id)),
      baseline: baseline === null ? null : shown(await baseline(one.id)),
      scores: Object.fromEntries(
        task.metrics.map((named) => [
          named.name,
          { candidate: scoreAt(task.candidate, named, i), baseline: scoreAt(task.baseline, named, i) },
        ]),
      ),
      harm,
    });
  }
  return worst;
}

/** Shares of a range that two computations of one number may be apart. */
const ROUNDING = 1e-9;

/**
 * The greatest loss of a case by any metric that is held against the baseline, or by any at all where none is: in shares of
 * the metric's range, or, where that is open, of the greatest score that either model has in the task.
 */
function harmIn({ metrics, candidate, baseline }: TaskToJudge): (i: number) => number {
  const failed = ({ problems }: ScoredTask, i: number) => (problems[i] ?? null) !== null;
  if (baseline === null) return (i) => (failed(candidate, i) ? 1 : 0);
  const held = metrics.filter(({ settings }) => settings.margin !== null || Object.keys(settings.margins).length > 0);
  const losses = (held.length > 0 ? held : metrics).map((named) => lossBy(named, candidate, baseline));
  return (i) => {
    if (failed(candidate, i)) return failed(baseline, i) ? 0 : 1;
    return Math.max(0, ...losses.map((lossOf) => lossOf(i)));
  };
}

function lossBy(named: NamedMetric, candidate: ScoredTask, baseline: ScoredTask): (i: number) => number {
  const { name, metric } = named;
  const [low, high] = metric.range;
  const open = () =>
    candidate.problems.reduce((most, _, i) => {
      const scores = [scoreAt(candidate, named, i) ?? 0, scoreAt(baseline, named, i) ?? 0];
      return Math.max(most, ...scores.map(Math.abs));
    }, Number.MIN_VALUE);
  const scale = low !== null && high !== null ? high - low : open();
  return (i) => {
    if (isUnscoredAt(name, i, candidate, baseline)) return 1;
    const [mine, theirs] = [scoreAt(candidate, named, i), scoreAt(baseline, named, i)];
    if (mine === null || theirs === null) return 0;
    return (metric.better === 'higher' ? theirs - mine : mine - theirs) / scale;
  };
}

/**
 * One case's score. Of a metric over all cases at once it is that of the case alone, where the metric has two ends or a
 * case contributes a number: a distance of distributions says nothing of one.
 */
function scoreAt(scored: ScoredTask | null, { name, metric }: NamedMetric, i: number): number | null {
  const part = scored?.metrics.get(name)?.parts[i] ?? null;
  if (part === null) return null;
  if (typeof part === 'number') return part;
  if (metric.of === 'case') return null;
  return metric.range.includes(null) ? null : metric.score([part]);
}

function shown(reply: Reply | null): ShownAnswer {
  if (reply === null) return { error: 'it was not asked' };
  return isAnswer(reply) ? { answer: cut(reply.answer), latencyMs: reply.latencyMs } : { error: reply.error };
}
