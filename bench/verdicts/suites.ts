import type { Json } from '@sluice/sdk';
import { judgeSuite } from '../../packages/activities/src/evaluate/tasks/judge-suite.ts';
import { scoreTask } from '../../packages/activities/src/evaluate/tasks/scored-task.ts';
import type { SuiteCase } from '../../packages/activities/src/evaluate/tasks/suite-cases.ts';
import { suiteEvidence } from '../../packages/activities/src/evaluate/tasks/suite-evidence.ts';
import { type SuiteMetric, suiteFile } from '../../packages/activities/src/evaluate/tasks/suite-file.ts';
import type { Metric } from '../../packages/activities/src/metrics/metric.ts';
import { metricOf } from '../../packages/activities/src/metrics/table.ts';
import { type Random, seededRandom } from '../../packages/activities/src/statistics/random.ts';

/** A kind of scores, and models that make them. */
export interface Kind {
  readonly name: string;
  readonly metric: Metric;
  readonly margin: number;
  /** How much worse one category becomes, where one does. */
  readonly planted: number;
  /** Cases that share a source. */
  readonly cluster?: number;
  /** Scores of one case by baseline and candidate, of which the candidate's is lower by `loss` in the mean. */
  readonly draw: (random: Random, loss: number, common: number) => readonly [baseline: Json, candidate: Json];
}

export const CATEGORIES = 20;

/** The number that a model answers is its score. */
const quality: Metric = {
  name: 'quality',
  of: 'case',
  better: 'higher',
  range: [0, 1],
  unit: null,
  signature: 'quality',
  score: ({ answer }) => Number(answer),
};

const even = (random: Random) => random.next() / 2 ** 32;
/** Around 0, of deviation 1. */
const normal = (random: Random) => Array.from({ length: 12 }, () => even(random)).reduce((sum, one) => sum + one, -6);
const within = (value: number) => Math.min(1, Math.max(0, value));

export const kinds: readonly Kind[] = [
  {
    name: 'right or wrong, 4 % of cases differ by chance',
    metric: quality,
    margin: 0.05,
    planted: 0.5,
    draw(random, loss) {
      const known = even(random) < 0.8 ? 1 : 0;
      const flips = even(random);
      const old = flips < 0.02 ? 1 - known : known;
      const fresh = flips > 0.98 ? 1 - known : known;
      // What is taken is taken of right answers, 0.788 of all.
      return [old, fresh === 1 && even(random) < loss / 0.788 ? 0 : fresh];
    },
  },
  {
    name: 'scores around 0.6, difference of deviation 0.14',
    metric: quality,
    margin: 0.05,
    planted: 0.25,
    draw(random, loss) {
      const hard = 0.6 + 0.05 * normal(random);
      return [within(hard + 0.1 * normal(random)), within(hard - loss + 0.1 * normal(random))];
    },
  },
  {
    name: 'scores that are mostly 0 or 1, as F1 of short answers',
    metric: quality,
    margin: 0.05,
    planted: 0.5,
    draw(random, loss) {
      const old = even(random) < 0.6 ? 1 : even(random) < 0.5 ? 0.5 : 0;
      const noisy = even(random) < 0.05 ? 0.5 : old;
      // The mean of `noisy` is 0.695 and what is lost is all of it.
      return [old, even(random) < loss / 0.695 ? 0 : noisy];
    },
  },
  {
    name: 'scores in clusters of five that share half of their difference',
    metric: quality,
    margin: 0.05,
    planted: 0.3,
    cluster: 5,
    draw(random, loss, common) {
      const hard = 0.6 + 0.05 * normal(random);
      return [within(hard), within(hard - loss + 0.07 * common + 0.07 * normal(random))];
    },
  },
  {
    name: 'three votes a case by an LLM that cannot tell, one in five a tie',
    metric: { ...quality, exact: true },
    margin: 0.1,
    planted: 0.6,
    draw(random, loss) {
      const vote = () => (even(random) < 0.2 ? 0.5 : even(random) < 0.5 - loss / 1.6 ? 1 : 0);
      // Two in one place and one in the other, each place with half of the weight.
      const won = (vote() + vote()) / 4 + vote() / 2;
      return [1 - won, won];
    },
  },
  {
    name: 'root mean squared error, over all cases at once',
    metric: metricOf('rmse'),
    margin: 0.2,
    planted: 1.5,
    // Errors of deviation 1 and 1 + loss: the root of their mean square is that.
    draw: (random, loss) => [normal(random), (1 + loss) * normal(random)],
  },
];

export interface Played {
  readonly verdict: string;
  /** Categories that failed, by index. */
  readonly failed: readonly number[];
  /** What the whole task is. */
  readonly whole: string;
}

/** One suite of `n` cases, in which the candidate is worse by `loss`, in one category or (null) in all. */
export async function play(
  kind: Kind,
  n: number,
  loss: number,
  category: number | null,
  seed: string,
): Promise<Played> {
  const random = seededRandom(seed);
  const answers: (readonly [Json, Json])[] = [];
  const shared: number[] = [];
  const cases = Array.from({ length: n }, (_, i): SuiteCase => {
    const source = Math.floor(i / CATEGORIES / (kind.cluster ?? 1)) * CATEGORIES + (i % CATEGORIES);
    shared[source] ??= normal(random);
    const hit = category === null || i % CATEGORIES === category;
    answers.push(kind.draw(random, hit ? loss : 0, shared[source] ?? 0));
    const cluster = kind.cluster === undefined ? null : `source ${source}`;
    return { id: String(i), task: 't', category: String(i % CATEGORIES), input: i, expected: 0, cluster };
  });
  const named = { name: 'score', metric: kind.metric };
  const scored = (model: 0 | 1) =>
    scoreTask(
      cases,
      [named],
      async (id) => ({ answer: answers[Number(id)]?.[model] ?? null, latencyMs: 1 }),
      () => {},
    );
  const task = {
    task: 't',
    cases,
    metrics: [{ ...named, settings: settingsOf(kind.margin) }],
    candidate: await scored(1),
    baseline: await scored(0),
  };
  const { rows } = await judgeSuite([task], { rounds: 1000, seed: 0, sameModel: false, onSlice: () => {} });
  const facts = { kind: 'model', digest: null, name: null, broken: null } as const;
  return {
    verdict: suiteEvidence([task], rows, facts, 'bench', 0).verdict,
    failed: rows.filter((row) => row.verdict === 'fail' && row.category !== null).map((row) => Number(row.category)),
    whole: rows.find((row) => row.category === null)?.verdict ?? 'none',
  };
}

function settingsOf(margin: number): SuiteMetric {
  const metrics = [{ name: 'score', margin }];
  const parsed = suiteFile.parse({ version: 1, protocol: { kind: 'invocations' }, tasks: { t: { metrics } } });
  const [settings] = parsed.tasks.t?.metrics ?? [];
  if (settings === undefined) throw new TypeError('a suite has a metric');
  return settings;
}
