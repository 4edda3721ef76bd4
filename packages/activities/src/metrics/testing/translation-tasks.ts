import type { MetricOptions } from '../options.ts';
import { metricOf } from '../table.ts';
import { overAll, type ParityTask } from './parity-task.ts';
import type { TextPair } from './text-pairs.ts';

/** Options in our words and in sacrebleu's. */
type Setting = readonly [ours: MetricOptions, theirs: object];

const bleus: readonly Setting[] = [
  [{}, {}],
  [
    { effectiveOrder: true, lowercase: true },
    { effective_order: true, lowercase: true },
  ],
  [{ smooth: 'floor' }, { smooth_method: 'floor' }],
  [
    { smooth: 'add-k', effectiveOrder: true },
    { smooth_method: 'add-k', effective_order: true },
  ],
  [
    { smooth: 'none', tokenize: 'char' },
    { smooth_method: 'none', tokenize: 'char' },
  ],
  [{ tokenize: 'none' }, { tokenize: 'none' }],
];

const chrfs: readonly Setting[] = [
  [{}, {}],
  [{ wordOrder: 2 }, { word_order: 2 }],
  [
    { wordOrder: 1, charOrder: 4, beta: 1, lowercase: true, whitespace: true },
    { word_order: 1, char_order: 4, beta: 1, lowercase: true, whitespace: true },
  ],
];

/** Default options see all pairs; the others some, because each pair has a score of its own. */
export function translations(pairs: readonly TextPair[]): ParityTask[] {
  return [
    ...bleus.map((setting, at) => translation('bleu', setting, at === 0 ? pairs : some(pairs, at))),
    ...chrfs.map((setting, at) => translation('chrf', setting, at === 0 ? pairs : some(pairs, at))),
  ];
}

function some(pairs: readonly TextPair[], at: number): readonly TextPair[] {
  return pairs.slice(0, 40 + pairs.length / 5).filter((_, index) => index % 3 !== at % 3);
}

function translation(metric: 'bleu' | 'chrf', [own, theirs]: Setting, pairs: readonly TextPair[]): ParityTask {
  // Every case has the expected text of the next one as a second reference.
  const cases = pairs.map(([expected, answer], at) => [[expected, pairs[(at + 1) % pairs.length]?.[0] ?? ''], answer]);
  const ours = metricOf(metric, own);
  const expected = cases.map(([texts]) => texts as string[]);
  const answers = cases.map(([, answer]) => answer as string);
  return {
    name: `${ours.signature} with two references`,
    ask: { task: metric, cases, options: theirs },
    ours: () => [
      cases.map((_, at) => overAll(ours, expected.slice(at, at + 1), answers.slice(at, at + 1))),
      overAll(ours, expected, answers),
    ],
  };
}
