import type { Json } from '@sluice/sdk';
import { expect, test } from 'vitest';
import { isUnscored } from '../../metrics/metric.ts';
import { metricOf } from '../../metrics/table.ts';
import { cut } from '../cut-value.ts';
import type { TaskToJudge } from './judge-suite.ts';
import type { ScoredTask } from './scored-task.ts';
import { worstCases } from './worst-cases.ts';

const dates = (...starts: number[]) => starts.map((start) => ({ start, end: start + 4, label: 'DATE' }));

/** A task of one metric, answered by both. */
function task(name: string, expected: readonly Json[], mine: readonly Json[], theirs: readonly Json[]): TaskToJudge {
  const metric = metricOf(name);
  const scored = (answers: readonly Json[]): ScoredTask => {
    const parts = answers.map((answer, i) => {
      const one = { expected: expected[i] ?? null, answer, latencyMs: 1 };
      const found = metric.of === 'case' ? metric.score(one) : metric.part(one);
      return isUnscored(found) ? null : found;
    });
    const scores = { parts, unscored: 0, example: null, note: null, broken: null };
    return { metrics: new Map([[name, scores]]), problems: answers.map(() => null), errors: new Map() };
  };
  const cases = expected.map((one, i) => {
    return { id: `case-${i}`, task: name, category: 'c', input: i, expected: one, cluster: null };
  });
  const metrics = [{ name, metric, settings: { margin: 1, margins: {} } as never }];
  return { task: name, cases, metrics, candidate: scored(mine), baseline: scored(theirs) };
}

const answered = (answers: readonly Json[]) => async (id: string) => {
  return { answer: answers[Number(id.slice(5))] ?? null, latencyMs: 1 };
};

test('cases that lost most are found by a metric over all cases too, each scored alone', async () => {
  const expected = [dates(0, 10), dates(20), dates(30, 40)];
  const mine = [dates(0), dates(20), []];
  const worst = await worstCases([task('entity_f1', expected, mine, expected)], answered(mine), answered(expected));
  expect(worst.map(({ id }) => id)).toEqual(['case-2', 'case-0']);
  expect(worst[0]).toMatchObject({ harm: 1, scores: { entity_f1: { candidate: 0, baseline: 1 } } });
  expect(worst[1]?.scores.entity_f1?.candidate).toBeCloseTo(2 / 3, 12);
});

test('a distance of distributions says nothing of a case', async () => {
  const features = [
    [0, 1],
    [1, 0],
    [1, 1],
  ];
  const off = features.map(([x = 0, y = 0]) => [x + 9, y]);
  expect(await worstCases([task('fid', features, off, features)], answered(off), answered(features))).toEqual([]);
});

test('an answer that cannot be scored is lost as one that never came', async () => {
  const worst = await worstCases([task('mae', [1, 2], [1, null], [1, 2])], answered([1, null]), answered([1, 2]));
  expect(worst).toMatchObject([{ id: 'case-1', harm: 1, candidate: { answer: null } }]);
});

test('what is only shown does not rank, and open ranges rank by the greatest there is', async () => {
  const expected = Array.from({ length: 1000 }, () => 'x y');
  const worse = expected.map((text, i) => (i % 100 === 0 ? 'x z' : text));
  const quality = task('token_f1', expected, worse, expected);
  const latency = metricOf('latency');
  const times = (scored: ScoredTask, slow: number): ScoredTask => ({
    ...scored,
    metrics: new Map(scored.metrics).set('latency', {
      parts: expected.map((_, i) => 1 + ((i * slow) % 17)),
      unscored: 0,
      example: null,
      note: null,
      broken: null,
    }),
  });
  const shown = { name: 'latency', metric: latency, settings: { margin: null, margins: {} } as never };
  const noisy: TaskToJudge = {
    ...quality,
    metrics: [...quality.metrics, shown],
    candidate: times(quality.candidate, 7),
    baseline: times(quality.baseline as ScoredTask, 5),
  };
  const worst = await worstCases([noisy], answered(worse), answered(expected));
  expect(worst).toHaveLength(10);
  expect(worst.every(({ harm }) => harm === 0.5)).toBe(true);

  const far = [0.001, 4, 100, 50];
  const none = far.map(() => 0);
  const byError = await worstCases([task('rmse', none, far, none)], answered(far), answered(none));
  expect(byError.map(({ id, harm }) => [id, harm])).toEqual([
    ['case-2', 1],
    ['case-3', 0.5],
    ['case-1', 0.04],
    ['case-0', 0.00001],
  ]);
});

test('a picture of 150,000 numbers is shown by its beginning, and a long text by its own', () => {
  const picture = Array.from({ length: 224 }, () => Array.from({ length: 224 }, () => [0.123456, 0.5, 1]));
  expect(JSON.stringify(cut(picture)).length).toBeLessThan(50_000);
  expect(cut([[1, 2], { a: 'x' }])).toEqual([[1, 2], { a: 'x' }]);
  expect(cut(Array.from({ length: 203 }, () => 1))).toEqual([...Array.from({ length: 200 }, () => 1), '… 3 more']);
  expect(cut('x'.repeat(5_000))).toHaveLength(4_000);
});
