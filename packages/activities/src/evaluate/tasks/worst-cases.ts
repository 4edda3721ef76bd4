import type { Json } from '@sluice/sdk';
import { type ShownAnswer, TEXT_LENGTH, WORST_CASES, type WorstCase } from '../suite-report.ts';
import type { TaskToJudge } from './judge-suite.ts';
import { isAnswer, type Reply } from './reply.ts';
import { isUnscoredAt, type NamedMetric, type ScoredTask } from './scored-task.ts';

type Get = (id: string) => Promise<Reply | null>;

/** Items of a list, and members of an object, that a report shows; embeddings are long. */
const ITEMS = 200;

/** The cases that lost most, with what was asked, expected and answered. */
export async function worstCases(
  tasks: readonly TaskToJudge[],
  candidate: Get,
  baseline: Get | null,
): Promise<WorstCase[]> {
  const ranked = tasks
    .flatMap((task) => task.cases.map((one, i) => ({ task, one, i, harm: harmOf(task, i) })))
    .filter(({ harm }) => harm > 0)
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

/** The greatest loss by any metric of a case, in shares of the metric's range; of open ranges, of what is lost or was. */
function harmOf({ metrics, candidate, baseline }: TaskToJudge, i: number): number {
  const failed = (candidate.problems[i] ?? null) !== null;
  if (baseline === null) return failed ? 1 : 0;
  if (failed) return (baseline.problems[i] ?? null) === null ? 1 : 0;
  const losses = metrics.map((named) =>
    isUnscoredAt(named.name, i, candidate, baseline)
      ? 1
      : lossOf(named, scoreAt(candidate, named, i), scoreAt(baseline, named, i)),
  );
  return Math.max(0, ...losses);
}

function lossOf({ metric }: NamedMetric, mine: number | null, theirs: number | null): number {
  if (mine === null || theirs === null) return 0;
  const lost = metric.better === 'higher' ? theirs - mine : mine - theirs;
  const [low, high] = metric.range;
  const scale =
    low !== null && high !== null ? high - low : Math.max(Math.abs(mine), Math.abs(theirs), Number.MIN_VALUE);
  return lost / scale;
}

/**
 * One case's score. Of a metric over all cases at once it is that of the case alone, where the metric has two ends: a
 * distance of distributions says nothing of one.
 */
function scoreAt(scored: ScoredTask | null, { name, metric }: NamedMetric, i: number): number | null {
  const part = scored?.metrics.get(name)?.parts[i] ?? null;
  if (part === null) return null;
  if (metric.of === 'case') return typeof part === 'number' ? part : null;
  return metric.range.includes(null) ? null : metric.score([part]);
}

function shown(reply: Reply | null): ShownAnswer {
  if (reply === null) return { error: 'it was not asked' };
  return isAnswer(reply) ? { answer: cut(reply.answer), latencyMs: reply.latencyMs } : { error: reply.error };
}

/** A value with long texts and lists cut, wherever they stand. */
export function cut(value: Json): Json {
  if (typeof value === 'string') return value.length <= TEXT_LENGTH ? value : `${value.slice(0, TEXT_LENGTH - 1)}…`;
  if (Array.isArray(value)) {
    const items = (value as readonly Json[]).slice(0, ITEMS).map(cut);
    return value.length <= ITEMS ? items : [...items, `… ${value.length - ITEMS} more`];
  }
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value as { readonly [key: string]: Json | undefined });
  return Object.fromEntries(members.slice(0, ITEMS).map(([key, one]) => [key, one === undefined ? one : cut(one)]));
}
