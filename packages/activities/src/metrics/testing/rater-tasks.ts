import { cohenKappa } from '../../statistics/cohen-kappa.ts';
import { type Random, seededRandom } from '../../statistics/random.ts';
import type { ParityTask } from './parity-task.ts';

type Pair = readonly [string, string];

/** Two raters of the same things: from strangers to twins, of few things and many, of one word and five. */
export function raterTasks(seed: number): ParityTask[] {
  const random = seededRandom(`${seed}/raters`);
  const lists: Pair[][] = [
    [['first', 'first']],
    [['first', 'second']],
    [
      ['first', 'second'],
      ['second', 'first'],
    ],
    Array.from({ length: 20 }, () => ['neither', 'neither'] as const),
  ];
  for (let i = 0; i < 300; i += 1) lists.push(ratings(random, 1 + random.below(80), 1 + random.below(5)));
  return [{ name: 'agreement of raters', ask: { task: 'raters', lists }, ours: () => lists.map(cohenKappa) }];
}

function ratings(random: Random, n: number, words: number): Pair[] {
  const alike = random.below(10);
  const word = () => `w${Math.min(random.below(words), random.below(words))}`;
  return Array.from({ length: n }, () => {
    const one = word();
    return [one, random.below(10) < alike ? one : word()];
  });
}
