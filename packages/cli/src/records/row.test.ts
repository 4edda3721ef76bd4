import { expect, test } from 'vitest';
import { lastState } from '../run/last-state.ts';
import { type Execution, rowOf } from './row.ts';

const execution = (over: Partial<Execution> = {}): Execution => ({
  workflowId: 'life/1',
  type: 'life',
  status: 'RUNNING',
  startedAt: 1_000,
  endedAt: null,
  memo: {},
  attributes: {},
  ...over,
});

test('a run says who started it, from which commit, and which endpoint it moves', () => {
  const row = rowOf(
    execution({
      memo: { by: 'ana', commit: 'abc', dirty: true },
      attributes: { SluicePipeline: 'life', SluiceState: 'rolling-out', SluiceEndpoint: 'shop', SluiceCommit: 'abc' },
    }),
  );
  expect(row).toEqual({
    id: 'life/1',
    pipeline: 'life',
    state: 'rolling-out',
    startedAt: 1_000,
    endedAt: null,
    by: 'ana',
    commit: 'abc',
    dirty: true,
    endpoint: 'shop',
  });
});

test('what nobody told is null, never a guess', () => {
  const row = rowOf(execution({ memo: { by: 7, dirty: 'yes' } }));
  expect(row).toMatchObject({ by: null, commit: null, dirty: false, endpoint: null, pipeline: 'life' });
});

test.each([
  ['running', 'TERMINATED', 'cancelled'],
  ['awaiting-approval', 'CANCELLED', 'cancelled'],
  ['rolling-out', 'FAILED', 'failed'],
  ['running', 'TIMED_OUT', 'failed'],
  ['running', 'COMPLETED', 'done'],
  ['rejected', 'FAILED', 'rejected'],
  ['blocked', 'RUNNING', 'blocked'],
  ['running', 'PAUSED', 'running'],
  [undefined, 'RUNNING', 'running'],
])('a run that told %s last and is %s is %s', (told, status, state) => {
  expect(lastState(told, status)).toBe(state);
});
