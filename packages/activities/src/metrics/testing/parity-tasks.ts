import { seededRandom } from '../../statistics/random.ts';
import type { Metric } from '../metric.ts';
import { porterStem } from '../rouge/porter-stemmer.ts';
import { metricOf } from '../table.ts';
import { classTasks } from './class-tasks.ts';
import { featureTasks } from './feature-tasks.ts';
import { handPicked } from './hand-picked.ts';
import { overAll, type ParityTask } from './parity-task.ts';
import { raterTasks } from './rater-tasks.ts';
import { randomPairs, randomWords, type TextPair } from './text-pairs.ts';
import { translations } from './translation-tasks.ts';

/**
 * @param size about how many cases a task has
 * @param seed the same seed, the same cases
 */
export function parityTasks(size: number, seed: number): ParityTask[] {
  const pairs = [...handPicked, ...randomPairs(size, `${seed}/pairs`)];
  return [
    ...texts(pairs),
    ...words(size * 4, seed),
    ...translations(pairs),
    ...classTasks(size, seed),
    ...featureTasks(seed),
    ...numbers(size, seed),
    ...raterTasks(seed),
  ];
}

function texts(pairs: readonly TextPair[]): ParityTask[] {
  const types = ['rouge1', 'rouge2', 'rouge4', 'rougeL', 'rougeLsum'];
  const rouge = [false, true].map((stemmer): ParityTask => {
    const measured = types.map((type) =>
      (['precision', 'recall', 'f1'] as const).map((measure) => metricOf(type, { stemmer, measure })),
    );
    return {
      name: stemmer ? 'ROUGE with stems' : 'ROUGE',
      ask: { task: 'rouge', pairs, types, stemmer },
      ours: () => pairs.map((pair) => measured.map((three) => three.map((metric) => scoreOf(metric, pair)))),
    };
  });
  const squad = [metricOf('exact_match', { squad: true }), metricOf('token_f1')];
  return [
    ...rouge,
    {
      name: 'exact match and F1 of SQuAD',
      ask: { task: 'squad', pairs },
      ours: () => pairs.map((pair) => squad.map((metric) => scoreOf(metric, pair))),
    },
  ];
}

function words(count: number, seed: number): ParityTask[] {
  const random = [...stemmed, ...randomWords(count, `${seed}/words`)];
  return [{ name: 'stems', ask: { task: 'stems', words: random }, ours: () => random.map(porterStem) }];
}

const stemmed =
  'sky skies dying lying tying news inning innings outing outings canning cannings howe proceed exceed succeed dies died flies spied spy fly enjoy enjoyment happy sky y yy yyy yyyy ay bys geologi theologi archaeologi logi usefulli radicalli alli falling hopping hissing fizzed filing failing feed agreed bled sing motoring sized troubled conflated rational relational conditional valenci digitizer conformabli vileli vietnamization operator feudalism controll roll rate cease probate adoption ion sion tion onion union ies ied eed ed ing at bl iz ate tes 2013s 1980ing a1ed'.split(
    ' ',
  );

function numbers(count: number, seed: number): ParityTask[] {
  const random = seededRandom(`${seed}/numbers`);
  const draw = () => (random.next() / 2 ** 32 - 0.5) * 10 ** (random.below(7) - 2);
  const expected = Array.from({ length: count }, draw);
  const answers = expected.map((one) => one + draw() / 10);
  const metrics = [metricOf('mae'), metricOf('rmse')];
  return [
    {
      name: 'errors of numbers',
      ask: { task: 'regression', expected, answers },
      ours: () => metrics.map((metric) => overAll(metric, expected, answers)),
    },
  ];
}

function scoreOf(metric: Metric, [expected, answer]: TextPair): unknown {
  return metric.of === 'case' ? metric.score({ expected, answer, latencyMs: null }) : null;
}
