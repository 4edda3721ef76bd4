import type { Json } from '@sluice/sdk';
import { describe, expect, test } from 'vitest';
import { type CaseMetric, type CorpusMetric, isUnscored } from '../metric.ts';
import type { MetricOptions } from '../options.ts';
import { metricOf } from '../table.ts';

const one = (expected: Json, answer: Json) => ({ expected, answer, latencyMs: null });
const score = (name: string, expected: Json, answer: Json, options: MetricOptions = {}) =>
  (metricOf(name, options) as CaseMetric).score(one(expected, answer));

/** The score of several cases; throws for one that cannot be scored. */
function over(name: string, cases: readonly (readonly [Json, Json])[], options: MetricOptions = {}): number | null {
  const metric = metricOf(name, options) as CorpusMetric;
  return metric.score(
    cases.map(([expected, answer]) => {
      const part = metric.part(one(expected, answer));
      if (isUnscored(part)) throw new Error(part.problem);
      return part;
    }),
  );
}

describe('classes', () => {
  test('are the same however each side spells them', () => {
    expect(score('accuracy', true, 1)).toBe(1);
    expect(score('accuracy', 0, false)).toBe(1);
    expect(score('accuracy', 3, '3')).toBe(1);
    expect(score('accuracy', 'cat', ['cat'])).toBe(1);
    expect(score('accuracy', 'cat', 'Cat')).toBe(0);
    expect(score('accuracy', true, 'True')).toBe(0);
  });

  test('with a number for each class the greatest counts', () => {
    expect(score('accuracy', 'dog', { cat: 0.2, dog: 0.7, cow: 0.1 })).toBe(1);
    expect(score('accuracy', 2, [0.1, 0.2, 0.7])).toBe(1);
  });

  test('what is no class is not scored', () => {
    expect(score('accuracy', 'cat', { cat: 'high', dog: 'low' })).toMatchObject({ blame: 'answer' });
    expect(score('accuracy', 'cat', [])).toMatchObject({ blame: 'answer' });
    expect(score('accuracy', ['cat', 'dog'], 'cat')).toMatchObject({ blame: 'expected' });
  });

  test('a class that no case is of has no F1 of its own', () => {
    const cases = [
      ['cat', 'cat'],
      ['dog', 'cat'],
    ] as const;
    expect(over('f1', cases, { average: 'binary', positive: 'cow' })).toBeNull();
    expect(over('f1', cases, { average: 'binary', positive: 'dog' })).toBe(0);
    expect(over('f1', cases, { average: 'macro' })).toBeCloseTo(1 / 3, 12);
    expect(over('f1', [])).toBeNull();
  });
});

describe('probabilities', () => {
  test('cost the logarithm of what the truth was given, and never everything', () => {
    expect(score('log_loss', true, 0.25)).toBeCloseTo(Math.log(4), 12);
    expect(score('log_loss', 'b', { a: 0.75, b: 0.25 })).toBeCloseTo(Math.log(4), 12);
    expect(score('log_loss', 1, 0)).toBeCloseTo(52 * Math.log(2), 9);
    expect(score('log_loss', 'spam', 0.5, { positive: 'spam' })).toBeCloseTo(Math.log(2), 12);
  });

  test('that are none are not scored', () => {
    for (const answer of [1.5, -0.1, { a: 0.9, b: 0.4 }, { a: 1.2, b: -0.2 }, { a: 'x' }]) {
      expect(score('log_loss', answer === 1.5 || answer === -0.1 ? 1 : 'a', answer)).toMatchObject({ blame: 'answer' });
    }
    expect(score('log_loss', 'spam', 0.5)).toMatchObject({
      blame: 'answer',
      problem: expect.stringContaining('name the positive class'),
    });
    expect(score('log_loss', ['spam'], 0.5)).toMatchObject({ blame: 'expected' });
  });
});

describe('ranking', () => {
  test('ties count half, and one class alone has no curve', () => {
    // By hand: 4 pairs; 0.8 > 0.5 and 0.8 > 0.1 count, 0.5 = 0.5 counts half, 0.5 > 0.1 counts.
    const cases = [
      [1, 0.8],
      [1, 0.5],
      [0, 0.5],
      [0, 0.1],
    ] as const;
    expect(over('roc_auc', cases)).toBe(3.5 / 4);
    expect(over('roc_auc', cases.slice(0, 2))).toBeNull();
    expect(over('average_precision', cases.slice(2))).toBeNull();
  });

  test('answers of one score and of many cannot be ranked together', () => {
    expect(
      over('roc_auc', [
        [1, 0.8],
        [0, [0.4, 0.6]],
      ]),
    ).toBeNull();
  });
});

describe('entities', () => {
  const john = { start: 0, end: 4, label: 'PER' };
  const oslo = { start: 10, end: 14, label: 'LOC' };

  test('are found where start, end and label are right; said twice counts once', () => {
    expect(
      over('entity_f1', [
        [
          [john, oslo],
          [oslo, oslo, john],
        ],
      ]),
    ).toBe(1);
    expect(
      over('entity_f1', [
        [
          [john, oslo],
          [{ ...john, end: 5 }, oslo],
        ],
      ]),
    ).toBe(0.5);
    expect(over('entity_f1', [[[john], [{ ...john, label: 'ORG' }]]])).toBe(0);
    expect(over('entity_f1', [[[john, oslo], [john]]], { average: 'macro' })).toBe(0.5);
  });

  test('that nobody expected and nobody said have no score', () => {
    expect(over('entity_f1', [[[], []]])).toBeNull();
    expect(over('entity_f1', [[[], [john]]])).toBe(0);
  });

  test.each<[Json, string]>([
    [[john, { start: 3, end: 3, label: 'LOC' }], 'number 2'],
    [[{ start: '0', end: 4, label: 'PER' }], 'number 1'],
    [[null], 'number 1'],
    ['John', 'not a list of entities'],
    [{ '0': john }, 'not a list of entities'],
  ])('%j is told to be no list of entities', (answer, words) => {
    const part = (metricOf('entity_f1') as CorpusMetric).part(one([john], answer));
    expect(part).toMatchObject({ blame: 'answer', problem: expect.stringContaining(words) });
  });

  test('labels are any text, also those of an object of JavaScript', () => {
    const odd = { ...john, label: '__proto__' };
    expect(over('entity_f1', [[[odd, { ...oslo, label: 'constructor' }], [odd]]], { average: 'macro' })).toBe(0.5);
    const unscored = [
      { ...john, label: 'problem' },
      { ...oslo, label: 'blame' },
    ];
    expect(over('entity_f1', [[unscored, unscored]])).toBe(1);
  });
});

describe('vectors', () => {
  test('have the cosine of their angle, however long they are', () => {
    expect(score('cosine', [1, 0], [1, 1])).toBeCloseTo(Math.SQRT1_2, 12);
    expect(score('cosine', [1e300, 1e300], [1e-300, 1e-300])).toBeCloseTo(1, 12);
    expect(score('cosine', [1, 2], [[-1, -2]])).toBeCloseTo(-1, 12);
  });

  test.each<[Json, string]>([
    [[1, 2, 3], 'the answer has 3 numbers where 2 were expected'],
    [[0, 0], 'no direction'],
    [[1, Number.NaN], 'not a vector of finite numbers'],
    [[1, null], 'not a vector of finite numbers'],
    ['[1, 2]', 'not a vector of finite numbers'],
    [[], 'not a vector of finite numbers'],
  ])('%j is told to be no vector like it', (answer, words) => {
    expect(score('cosine', [1, 2], answer)).toMatchObject({ blame: 'answer', problem: expect.stringContaining(words) });
  });
});

describe('corpora of texts', () => {
  test('without a case there is no score', () => {
    expect(over('bleu', [])).toBeNull();
    expect(over('chrf', [])).toBeNull();
  });

  test('are summed up before they are scored, so the mean of single scores is another number', () => {
    const cases = [
      ['The cat sat on the mat today.', 'The cat sat on the mat.'],
      ['It rained in Oslo all week long.', 'It rained in Bergen.'],
    ] as const;
    const single = cases.map((pair) => over('bleu', [pair]) ?? 0);
    expect(over('bleu', cases)).not.toBeCloseTo(((single[0] ?? 0) + (single[1] ?? 0)) / 2, 1);
    expect(over('bleu', [['the same text as it was', 'the same text as it was']])).toBeCloseTo(100, 9);
  });
});
