import type { Json } from '@sluice/sdk';
import { type Answered, isUnscored, type Metric, type Unscored, worstScore } from '../../metrics/metric.ts';
import type { AnswerProblem } from '../suite-report.ts';
import type { OwnScores } from './own-metric.ts';
import { isAnswer, type Reply } from './reply.ts';
import type { SuiteCase } from './suite-cases.ts';

/** What one model's answers come to, by one metric: a number a case, or what each case contributes. Null: no score. */
export interface MetricScores {
  readonly parts: readonly (Json | null)[];
  /** Answers that the metric could not score. */
  readonly unscored: number;
  /** The first of them, `id: why`. */
  readonly example: string | null;
  /** What a reader has to know of some scores. */
  readonly note: string | null;
  /** Why there are no scores at all. */
  readonly broken: string | null;
  /** Share of cases without a score beyond which nothing passes against the baseline. @default any */
  readonly most?: number;
  /** Who scored both answers is a judge: a case without a score is not the fault of either. @default false */
  readonly byJudge?: boolean;
}

/** One model's answers to the cases of one task. */
export interface ScoredTask {
  /** By the metric's name in the suite. */
  readonly metrics: ReadonlyMap<string, MetricScores>;
  /** What was wrong with each case's answer; null: it has one. */
  readonly problems: readonly (AnswerProblem | null)[];
  /** By case, where there is no answer. */
  readonly errors: ReadonlyMap<string, string>;
}

/** A metric by its name in the suite. */
export interface NamedMetric {
  readonly name: string;
  readonly metric: Metric;
}

/**
 * Is there an answer of the candidate's that this metric makes nothing of, where it scores the baseline's, or where there is
 * none to compare with? The case counts for nobody then, so it must not go unseen.
 */
export function isUnscoredAt(name: string, i: number, candidate: ScoredTask, baseline: ScoredTask | null): boolean {
  const mine = candidate.metrics.get(name);
  if (mine === undefined || mine.byJudge === true || mine.broken !== null || (candidate.problems[i] ?? null) !== null)
    return false;
  if ((mine.parts[i] ?? null) !== null) return false;
  return baseline === null || (baseline.metrics.get(name)?.parts[i] ?? null) !== null;
}

/**
 * Reads a model's answers one by one, and keeps of each only what the metrics need.
 *
 * @param own What programs of the user's said, by the metric's name in the suite.
 */
export async function scoreTask(
  cases: readonly SuiteCase[],
  metrics: readonly NamedMetric[],
  reply: (id: string) => Promise<Reply | null>,
  onCase: () => void,
  own: ReadonlyMap<string, OwnScores> = new Map(),
): Promise<ScoredTask> {
  const problems: (AnswerProblem | null)[] = [];
  const errors = new Map<string, string>();
  const tallies = metrics.map(({ name }) => newTally(own.get(name)));
  for (const one of cases) {
    onCase();
    const found = (await reply(one.id)) ?? {
      error: 'it was not asked',
      problem: 'transport' as const,
      latencyMs: null,
    };
    problems.push(isAnswer(found) ? null : found.problem);
    if (!isAnswer(found)) errors.set(one.id, found.error);
    metrics.forEach(({ name, metric }, i) => {
      const tally = tallies[i];
      const said = own.get(name);
      if (tally !== undefined) scoreCase(one, found, said === undefined ? metric : bySaid(metric, said, one.id), tally);
    });
  }
  return {
    metrics: new Map(metrics.map(({ name }, i) => [name, tallies[i] ?? newTally(undefined)])),
    problems,
    errors,
  };
}

/** No word of an answer that a program was given: it has not done its work, whatever it says of the others. */
const SILENT = 'the program said nothing of it';

/** A metric that knows of this case what a program has said. */
function bySaid(metric: Metric, said: OwnScores, id: string): Metric {
  if ('broken' in said) {
    const fail = () => {
      throw new Error(said.broken);
    };
    return metric.of === 'case' ? { ...metric, score: fail } : { ...metric, part: fail };
  }
  if ('scores' in said)
    return metric.of === 'case' ? { ...metric, score: () => scoreSaid(metric, said.scores.get(id)) } : metric;
  const found = said.extracted.get(id);
  if (found === undefined) return bySaid(metric, { broken: SILENT }, id);
  if ('problem' in found) {
    const problem = (): Unscored => ({ ...found, blame: 'answer' });
    return metric.of === 'case' ? { ...metric, score: problem } : { ...metric, part: problem };
  }
  if (metric.of === 'case') return { ...metric, score: (one: Answered) => metric.score({ ...one, ...found }) };
  return { ...metric, part: (one: Answered) => metric.part({ ...one, ...found }) };
}

function scoreSaid(
  { range: [low, high] }: Metric,
  said: number | { readonly problem: string } | undefined,
): number | Unscored {
  if (said === undefined) throw new Error(SILENT);
  if (typeof said !== 'number') return { ...said, blame: 'answer' };
  const within = said >= (low ?? Number.NEGATIVE_INFINITY) && said <= (high ?? Number.POSITIVE_INFINITY);
  return within ? said : { problem: `the score ${said} is outside of the range`, blame: 'answer' };
}

interface Tally {
  readonly parts: (Json | null)[];
  unscored: number;
  example: string | null;
  note: string | null;
  broken: string | null;
}

function newTally(own: OwnScores | undefined): Tally {
  const about = own !== undefined && 'extracted' in own ? `extractor: ${own.extractor}` : null;
  return { parts: [], unscored: 0, example: null, note: about, broken: null };
}

function scoreCase({ id, expected }: SuiteCase, reply: Reply, metric: Metric, tally: Tally): void {
  if (!isAnswer(reply)) {
    // No answer is as bad as the worst one, where there is a worst.
    tally.parts.push(metric.of === 'case' ? worstScore(metric) : null);
    return;
  }
  const answered = { expected, answer: reply.answer, latencyMs: reply.latencyMs };
  try {
    const found = metric.of === 'case' ? metric.score(answered) : metric.part(answered);
    const problem = isUnscored(found)
      ? found.problem
      : typeof found === 'number' && !Number.isFinite(found)
        ? `the score is ${found}`
        : null;
    if (problem === null) {
      tally.parts.push(found as Json);
      tally.note ??= metric.note?.(answered) ?? null;
      return;
    }
    tally.example ??= `${id}: ${problem}`;
    tally.unscored += 1;
  } catch (error) {
    tally.broken ??= `it failed at the case ${id}: ${(error as Error).message}`;
  }
  tally.parts.push(metric.of === 'case' && tally.broken === null ? worstScore(metric) : null);
}
