import { ErrorCode, SluiceError } from '@sluice/sdk';
import { ActivityFailure, ApplicationFailure, CancelledFailure, RetryState, TimeoutFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { failureOf, runFailure, stepError } from './failure.ts';
import { projectAt } from './place.ts';

const inActivity = (cause: Error) =>
  new ActivityFailure('activity failed', 'train', '1', RetryState.NON_RETRYABLE_FAILURE, 'me', cause);
const failed = ApplicationFailure.create({ type: 'TrainerFailed', message: 'exit 1', details: [{ exitCode: 1 }] });

describe('what a pipeline sees of a step that failed', () => {
  it('is an error with the code of the activity, the step and its details', () => {
    expect(stepError('k=a/delay', inActivity(failed))).toMatchObject({
      code: 'TrainerFailed',
      message: 'k=a/delay: exit 1',
      where: 'k=a/delay',
      data: { exitCode: 1 },
    });
  });

  it('is a spent budget where time ran out', () => {
    const timeout = new TimeoutFailure('late', undefined, 'START_TO_CLOSE');
    expect(stepError('rows', inActivity(timeout))).toMatchObject({
      code: ErrorCode.BudgetSpent,
      message: 'rows: timed out (START_TO_CLOSE)',
    });
  });

  it('is the error itself where it is one of ours, or a cancellation', () => {
    const ours = new SluiceError(ErrorCode.InvalidStep, 'x');
    expect(stepError('rows', ours)).toBe(ours);
    const cancelled = inActivity(new CancelledFailure('stop'));
    expect(stepError('rows', cancelled)).toBe(cancelled);
  });
});

describe('what Temporal sees of a pipeline that throws', () => {
  it('is a failure with the code for a type, which is never retried', () => {
    const error = new SluiceError(ErrorCode.MapFailed, 'Two failed.', { where: 'map k', fix: 'Mend.', data: [1] });
    expect(runFailure(error)).toMatchObject({
      type: 'MapFailed',
      message: 'Two failed. (at map k) What now: Mend.',
      nonRetryable: true,
      details: [[1]],
    });
  });

  it.each<[unknown, string, string]>([
    [new RangeError('mine'), 'RangeError', 'mine'],
    [Object.assign(new Error('odd'), { name: 'MyError' }), 'MyError', 'odd'],
    ['just text', 'Error', 'just text'],
    [undefined, 'Error', 'undefined'],
    [{ a: 1 }, 'Error', '[object Object]'],
  ])('is one for anything else too: %s', (thrown, type, message) => {
    expect(runFailure(thrown)).toMatchObject({ type, message, nonRetryable: true });
    expect(runFailure(thrown)).toBeInstanceOf(ApplicationFailure);
  });

  it('is what it was, for a failure of Temporal’s and for a cancellation', () => {
    for (const error of [failed, new CancelledFailure('stop'), inActivity(new CancelledFailure('stop'))]) {
      expect(runFailure(error)).toBe(error);
    }
  });
});

it('a failure of megabytes is cut short, because Temporal would terminate the run for it', () => {
  const long = 'x'.repeat(3_000_000);
  for (const error of [
    new RangeError(long),
    new SluiceError('NoModel', long, { data: long }),
    ApplicationFailure.create({ type: 'Mine', message: long }),
    long,
  ]) {
    const failure = runFailure(error) as ApplicationFailure;
    expect(failure.message).toHaveLength(10_000);
    expect(failure.details ?? []).toEqual([]);
    expect(failure.cause).toBeUndefined();
  }
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  expect(runFailure(new SluiceError('NoModel', 'none', { data: cycle }))).toMatchObject({
    type: 'NoModel',
    details: [],
  });
});

it('a failure of a key is its code and message', () => {
  expect(failureOf(new SluiceError('NoModel', 'none'))).toEqual({ code: 'NoModel', message: 'none' });
  expect(failureOf(inActivity(failed))).toEqual({ code: 'TrainerFailed', message: 'exit 1' });
  expect(failureOf(new TypeError('x'))).toEqual({ code: 'TypeError', message: 'x' });
  expect(failureOf('text')).toEqual({ code: 'Internal', message: 'text' });
});

it('names the line of a pipeline that threw an error of its own', () => {
  projectAt('/home/ana/rents');
  const error = Object.assign(new TypeError('x is not a function'), {
    stack: 'TypeError: x is not a function\n    at run (/home/ana/rents/pipelines/rents.ts:12:5)',
  });
  const message = 'x is not a function (at pipelines/rents.ts:12)';
  expect(runFailure(error)).toMatchObject({ type: 'TypeError', message });
  expect(failureOf(error)).toEqual({ code: 'TypeError', message });
  projectAt('');
});
