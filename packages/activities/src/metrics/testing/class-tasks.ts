import type { Json } from '@sluice/sdk';
import { type Random, seededRandom } from '../../statistics/random.ts';
import type { MetricOptions } from '../options.ts';
import { metricOf } from '../table.ts';
import { overAll, type ParityTask } from './parity-task.ts';

type Asked = readonly (readonly [name: string, options?: MetricOptions])[];

/** Classes, scores of them, entities and vectors. */
export function classTasks(size: number, seed: number): ParityTask[] {
  const random = seededRandom(`${seed}/classes`);
  return [
    ...[2, 5, 40].map((count) => classesTask(random, size, count)),
    // Few different scores: most are ties.
    ...[3, 1000].map((grain) => rankingTask(random, size, grain)),
    ...[3, 12].map((count) => manyScoresTask(random, Math.ceil(size / 4), count)),
    entitiesTask(random, Math.ceil(size / 4)),
    cosinesTask(random, Math.ceil(size / 10)),
  ];
}

function classesTask(random: Random, size: number, count: number): ParityTask {
  const label = () => `class ${Math.min(random.below(count), random.below(count))}`;
  const expected = Array.from({ length: size }, label);
  // One class is answered and never expected.
  const answers = expected.map((one) => (random.below(3) === 0 ? label() : random.below(50) === 0 ? 'class' : one));
  const labels = count === 2 ? ['class 0', 'class 1'] : [];
  const own = count === 2 ? answers.map((one) => (one === 'class' ? 'class 1' : one)) : answers;
  const asked: Asked = [
    ['accuracy'],
    ...['macro', 'micro', 'weighted'].map((average) => ['f1', { average }] as const),
    ...labels.map((positive) => ['f1', { average: 'binary', positive }] as const),
  ];
  return {
    name: `classes, ${count} of them`,
    ask: { task: 'classes', expected, answers: own },
    ours: () => measured(asked, expected, own),
  };
}

function rankingTask(random: Random, size: number, grain: number): ParityTask {
  const expected = Array.from({ length: size }, () => Number(random.below(3) === 0));
  const scores = expected.map(
    (one) => random.below(grain + 1) / grain / 2 + (one * random.below(grain + 1)) / grain / 2,
  );
  return {
    name: `ranking by ${grain + 1} scores`,
    ask: { task: 'ranking', expected, scores },
    ours: () => measured([['roc_auc'], ['average_precision'], ['log_loss']], expected, scores),
  };
}

function manyScoresTask(random: Random, size: number, count: number): ParityTask {
  const labels = Array.from({ length: count }, (_, at) => `c${String(at).padStart(2, '0')}`);
  const expected = Array.from({ length: size }, () => labels[Math.min(random.below(count), random.below(count))] ?? '');
  const scores = expected.map((truth) => {
    const raw = labels.map((label) => 1 + random.below(20) + (label === truth ? random.below(30) : 0));
    const sum = raw.reduce((all, one) => all + one, 0);
    return raw.map((one) => one / sum);
  });
  const answers = scores.map((row) => Object.fromEntries(row.map((score, at) => [labels[at] ?? '', score])));
  const averaged = ['roc_auc', 'average_precision'].flatMap((name) =>
    ['macro', 'weighted'].map((average) => [name, { average }] as const),
  );
  return {
    name: `scores of ${count} classes`,
    ask: { task: 'ranking of classes', expected, scores, labels },
    ours: () => measured([...averaged, ['log_loss']], expected, answers),
  };
}

function entitiesTask(random: Random, size: number): ParityTask {
  const length = 40;
  const cases = Array.from({ length: size }, () => {
    const expected = spans(random, length);
    const answer = expected.flatMap((span) => {
      const change = random.below(8);
      if (change === 0) return [];
      if (change === 1) return [{ ...span, label: pick(random) }];
      return change === 2 && span.end - span.start > 1 ? [{ ...span, end: span.end - 1 }] : [span];
    });
    return [expected, random.below(6) === 0 ? spans(random, length) : answer] as const;
  });
  const asked: Asked = [['entity_f1'], ['entity_f1', { average: 'macro' }]];
  return {
    name: 'entities',
    ask: { task: 'entities', length, cases },
    ours: () =>
      measured(
        asked,
        cases.map(([expected]) => expected),
        cases.map(([, answer]) => answer),
      ),
  };
}

function spans(random: Random, length: number): { start: number; end: number; label: string }[] {
  const found = [];
  for (let start = random.below(10); start < length; start += 1 + random.below(12)) {
    const end = Math.min(length, start + 1 + random.below(4));
    found.push({ start, end, label: pick(random) });
    start = end;
  }
  return found;
}

function pick(random: Random): string {
  return ['PER', 'LOC', 'ORG', 'a label'][random.below(4)] ?? '';
}

function cosinesTask(random: Random, size: number): ParityTask {
  const draw = (scale: number) => Array.from({ length: 16 }, () => (random.next() / 2 ** 32 - 0.5) * scale);
  const pairs = Array.from({ length: size }, (_, at) => {
    const one = draw(10 ** (at % 5));
    return [one, at % 4 === 0 ? one.map((x) => -x) : one.map((x, place) => x + (draw(1)[place] ?? 0))] as const;
  });
  return {
    name: 'cosines',
    ask: { task: 'cosines', pairs },
    ours: () => pairs.map(([expected, answer]) => overAll(metricOf('cosine'), [expected], [answer])),
  };
}

function measured(asked: Asked, expected: readonly Json[], answers: readonly Json[]): unknown[] {
  return asked.map(([name, options]) => overAll(metricOf(name, options), expected, answers));
}
