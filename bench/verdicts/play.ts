import type { Json, Verdict } from '@sluice/sdk';
import { worstOf } from '@sluice/sdk';
import type { SuiteRow } from '../../packages/activities/src/evaluate/suite-report.ts';
import { judgeSuite, type TaskToJudge } from '../../packages/activities/src/evaluate/tasks/judge-suite.ts';
import type { ScoredTask } from '../../packages/activities/src/evaluate/tasks/scored-task.ts';
import type { SuiteCase } from '../../packages/activities/src/evaluate/tasks/suite-cases.ts';
import { isUnscored, type Metric } from '../../packages/activities/src/metrics/metric.ts';
import { metricOf } from '../../packages/activities/src/metrics/table.ts';
import { type Random, seededRandom } from '../../packages/activities/src/statistics/random.ts';
import { CATEGORIES, DAMAGED, type Scene } from './scenes.ts';

/** Words of an answer, where a case is not one word. */
const WORDS = 12;
/** Resamples of a corpus; the step's own are more, and its ends steadier. */
const ROUNDS = 1_000;

export interface Played {
  readonly verdict: Verdict;
  /** Categories that are called worse. */
  readonly named: readonly string[];
}

/** One suite, answered by both and judged. */
export async function play(scene: Scene, margin: number, seed: number): Promise<Played> {
  const { cases, candidate, baseline, metric } = answered(scene, scene.each, seed);
  const settings = {
    name: scene.metric,
    options: {},
    margin,
    margins: {},
    worst: null,
    least: null,
    most: null,
    as: null,
  };
  const task: TaskToJudge = {
    task: 'answers',
    cases,
    metrics: [{ name: scene.metric, metric, settings: settings as never }],
    candidate,
    baseline,
  };
  const { rows } = await judgeSuite([task], { rounds: ROUNDS, seed, sameModel: false, onSlice: () => {} });
  const counted = rows.filter(({ counts }) => counts).map(({ verdict }) => verdict);
  const named = rows.filter(
    (row): row is SuiteRow & { category: string } => row.category !== null && row.verdict === 'fail',
  );
  return { verdict: worstOf(counted), named: named.map(({ category }) => category) };
}

/** What the candidate really loses, in the metric's unit. */
export function lossOf(scene: Scene): number {
  const { candidate, baseline, metric } = answered(scene, 100 * scene.each, 0);
  const value = (scored: ScoredTask) => {
    const parts = (scored.metrics.get(scene.metric)?.parts ?? []).filter((part) => part !== null);
    if (metric.of === 'corpus') return metric.score(parts) ?? Number.NaN;
    return (parts as number[]).reduce((sum, part) => sum + part, 0) / parts.length;
  };
  return value(baseline) - value(candidate);
}

function answered(scene: Scene, each: number, seed: number) {
  const random = seededRandom(`${scene.name}/${scene.metric}/${each}/${seed}`);
  const metric = metricOf(scene.metric);
  const cases: SuiteCase[] = [];
  const [mine, theirs]: [(Json | null)[], (Json | null)[]] = [[], []];
  for (let category = 0; category < CATEGORIES; category += 1) {
    const damaged = category === DAMAGED ? scene.damaged : null;
    for (let i = 0; i < each; i += 1) {
      const { expected, candidate, baseline } = words(scene, damaged ?? scene.candidate, random);
      const id = `${category}-${i}`;
      cases.push({ id, task: 'answers', category: `category ${category}`, input: null, expected, cluster: null });
      mine.push(part(metric, expected, candidate));
      theirs.push(part(metric, expected, baseline));
    }
  }
  const scored = (parts: (Json | null)[]): ScoredTask => ({
    metrics: new Map([[scene.metric, { parts, unscored: 0, example: null, note: null, broken: null }]]),
    problems: parts.map(() => null),
    errors: new Map(),
  });
  return { cases, metric, candidate: scored(mine), baseline: scored(theirs) };
}

/** An expected text and two answers, in which words are right or wrong. */
function words({ metric, quality, shared }: Scene, own: number, random: Random) {
  const unit = () => random.next() / 2 ** 32;
  const count = metric === 'exact_match' ? 1 : WORDS;
  const [expected, candidate, baseline]: [string[], string[], string[]] = [[], [], []];
  for (let i = 0; i < count; i += 1) {
    const word = `w${i}x${random.below(1000)}`;
    const luck = unit();
    const other = unit() < shared ? luck : unit();
    expected.push(word);
    baseline.push(luck < quality ? word : `wrong${i}`);
    candidate.push(other < own ? word : `false${i}`);
  }
  return { expected: expected.join(' '), candidate: candidate.join(' '), baseline: baseline.join(' ') };
}

function part(metric: Metric, expected: string, answer: string): Json {
  const one = { expected, answer, latencyMs: null };
  const found = metric.of === 'case' ? metric.score(one) : metric.part(one);
  if (isUnscored(found)) throw new TypeError(found.problem);
  return found;
}
