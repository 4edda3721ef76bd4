import { type RunState, SluiceError } from '@sluice/sdk';
import { expect, test } from 'vitest';
import {
  CodeMismatchError,
  InterruptedError,
  InvalidConfigError,
  PortInUseError,
  RunExistsError,
  UnreachableError,
  UsageError,
} from './errors.ts';
import { exitCodeOfError, exitCodeOfState } from './exit-code.ts';

test.each<[RunState, number]>([
  ['done', 0],
  ['deployed', 0],
  ['failed', 1],
  ['cancelled', 1],
  ['blocked', 3],
  ['rejected', 4],
  ['expired', 4],
  ['superseded', 4],
  ['rolled-back', 5],
])('a run that is %s exits with %i', (state, code) => {
  expect(exitCodeOfState(state)).toBe(code);
});

test.each<[Error, number]>([
  [new UsageError('x'), 2],
  [new RunExistsError('p/x', 'deployed', false), 2],
  [new InvalidConfigError('f', ['x']), 2],
  [new PortInUseError(1, 'x', '--x'), 2],
  [new SluiceError('InvalidParams', 'x'), 2],
  [new SluiceError('DecisionRefused', 'x'), 2],
  [new CodeMismatchError('x/1', 'y', { history: null, code: null, message: 'z' }, null), 2],
  [new UnreachableError('x', 'y', 'z'), 6],
  [new InterruptedError('x'), 130],
  [new SluiceError('TrainerFailed', 'x'), 1],
  [new Error('x'), 1],
])('the error %s exits with %i', (error, code) => {
  expect(exitCodeOfError(error)).toBe(code);
});
