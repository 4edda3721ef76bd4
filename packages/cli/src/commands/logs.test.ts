import { expect, test } from 'vitest';
import { wantedLogs } from './logs.ts';

const log = (step: string, attempt: number) => ({ step, attempt, path: `${step}.${attempt}` });
const all = [log('round-1', 1), log('round-1', 2), log('k=a/fit', 1)];

test('an attempt that a step has not made is what is missing, not the step', () => {
  expect(() => wantedLogs(all, 'round-1', 99, 'r/1')).toThrow(
    expect.objectContaining({
      code: 'Usage',
      message: 'round-1 of r/1 has no log of an attempt 99.',
      fix: 'There are attempts 1, 2.',
    }) as Error,
  );
});

test('a step that there is none of is guessed', () => {
  expect(() => wantedLogs(all, 'round1', 1, 'r/1')).toThrow(
    'No step "round1" of r/1 has a log. Did you mean "round-1"?',
  );
});

test('a step’s name stands for it in every branch', () => {
  expect(wantedLogs(all, 'fit', undefined, 'r/1').map(({ path }) => path)).toEqual(['k=a/fit.1']);
  expect(wantedLogs(all, 'round-1', 2, 'r/1').map(({ path }) => path)).toEqual(['round-1.2']);
});
