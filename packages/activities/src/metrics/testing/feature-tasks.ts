import { type Random, seededRandom } from '../../statistics/random.ts';
import { featureRows } from '../features/feature-rows.ts';
import { fid } from '../features/fid.ts';
import { kid } from '../features/kid.ts';
import type { ParityTask } from './parity-task.ts';

interface Shape {
  readonly expected: number;
  readonly answers: number;
  readonly columns: number;
  /** Features that are 0 for every row, as those of a network with dead units are. */
  readonly dead: number;
}

/** Features like a network's: correlated, none below 0, some never above. */
export function featureTasks(seed: number): ParityTask[] {
  const random = seededRandom(`${seed}/features`);
  return [
    featureTask(random, { expected: 300, answers: 260, columns: 16, dead: 0 }),
    featureTask(random, { expected: 200, answers: 200, columns: 24, dead: 3 }),
    // Fewer rows than features: no covariance has full rank.
    featureTask(random, { expected: 30, answers: 40, columns: 64, dead: 0 }),
    featureTask(random, { expected: 20, answers: 200, columns: 32, dead: 1 }),
  ];
}

function featureTask(random: Random, { expected, answers, columns, dead }: Shape): ParityTask {
  const mixing = Array.from({ length: columns }, () => vector(random, columns));
  const draw = (rows: number, shift: number): number[][] =>
    Array.from({ length: rows }, () => {
      const hidden = vector(random, columns);
      return mixing.map((weights, column) => {
        const sum = weights.reduce((all, weight, at) => all + weight * (hidden[at] as number), shift);
        return column < dead ? 0 : Math.max(0, sum);
      });
    });
  const [real, made] = [draw(expected, 0.5), draw(answers, 0.7)];
  return {
    name: `${columns} features (${dead} dead) of ${expected} and ${answers}`,
    ask: { task: 'features', expected: real, answers: made },
    ours: () => {
      const [a, b] = [featureRows(real), featureRows(made)];
      return [fid(a, b), fid(a, b), kid(a, b)?.mean ?? null];
    },
    // The references take roots of matrices that are not symmetric, and are themselves no better.
    relative: 1e-6,
  };
}

function vector(random: Random, length: number): number[] {
  return Array.from({ length }, () => random.next() / 2 ** 31 - 1);
}
