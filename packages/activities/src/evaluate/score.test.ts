import { describe, expect, test } from 'vitest';
import { scoreOf } from './score.ts';

describe('a score', () => {
  test.each([
    ['EWR', 'EWR', 1],
    ['EWR', 'JFK', 0],
    [1, 1.0, 1],
    [true, 1, 1],
    [true, true, 1],
    [0, false, 1],
    ['1', 1, 1],
    ['naïve', 'naive', 0],
  ])('of label %j and prediction %j is %d right', (label, prediction, score) => {
    expect(scoreOf('correct', label, prediction)).toEqual({ ok: true, score, prediction });
  });

  test('of an error is its size, negative', () => {
    expect(scoreOf('absolute_error', 10, 7)).toMatchObject({ score: -3 });
    expect(scoreOf('squared_error', 10, 7)).toMatchObject({ score: -9 });
  });

  test('takes the one value out of a row of one column', () => {
    expect(scoreOf('absolute_error', 10, [7])).toMatchObject({ ok: true, score: -3 });
    expect(scoreOf('absolute_error', 10, { 0: 7 })).toMatchObject({ ok: true, score: -3 });
  });

  test.each([
    ['correct', null],
    ['correct', [0.1, 0.9]],
    ['correct', undefined],
    ['absolute_error', '7'],
    ['absolute_error', null],
    ['absolute_error', true],
    ['squared_error', 1e200],
  ] as const)('for %s of %j is an error of the model', (metric, prediction) => {
    expect(scoreOf(metric, 1, prediction).ok).toBe(false);
  });
});
