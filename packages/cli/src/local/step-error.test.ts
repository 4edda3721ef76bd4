import { SluiceError } from '@sluice/sdk';
import { ApplicationFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { stepError } from './step-error.ts';

test('an activity’s own error keeps its code, its place and what to do now', () => {
  const cause = new SluiceError('NotFound', 'There is no file x.csv.', { where: 'rows', fix: 'Put it there.' });
  const failure = ApplicationFailure.create({ type: 'NotFound', message: 'all in one', cause });
  expect(stepError('rows', failure)).toMatchObject({
    code: 'NotFound',
    message: 'rows: There is no file x.csv.',
    where: 'rows',
    fix: 'Put it there.',
  });
});

test('a job’s failure keeps its code and its last lines', () => {
  const tail = ['Traceback', 'ValueError'];
  const failure = ApplicationFailure.create({ type: 'TrainerFailed', message: 'exit code 1', details: [{ tail }] });
  const error = stepError('fit', failure);
  expect(error).toBeInstanceOf(SluiceError);
  expect(error).toMatchObject({ code: 'TrainerFailed', message: 'fit: exit code 1', where: 'fit', data: { tail } });
});

test('a job’s failure names its log', () => {
  const message = 'exit code 1 (at step fit, attempt 1) What now: See its last lines, and its log.';
  const failure = ApplicationFailure.create({ type: 'TrainerFailed', message });
  expect(stepError('fit', failure, '/p/fit.1.log')).toMatchObject({ fix: 'See its lines. Its log: /p/fit.1.log' });
});

test('any other error is left as it is', () => {
  const error = new TypeError('x is not a function');
  expect(stepError('fit', error)).toBe(error);
});

test('a job’s failure says what and what now once', () => {
  const failure = ApplicationFailure.create({
    type: 'NoModel',
    message: 'It left no model. (at step fit, attempt 1) What now: Write it.',
  });
  expect(stepError('fit', failure)).toMatchObject({
    message: 'fit: It left no model.',
    where: 'fit',
    fix: 'Write it.',
  });
});
