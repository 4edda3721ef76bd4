import { expect, it } from 'vitest';
import { queryOf, rowOf } from './rows.ts';

it('asks Temporal for a pipeline and a state, quotes and all', () => {
  expect(queryOf({})).toBe('SluicePipeline IS NOT NULL');
  expect(queryOf({ pipeline: "it's", state: 'deployed' })).toBe(
    "SluicePipeline = 'it''s' AND SluiceState = 'deployed'",
  );
  expect(() => queryOf({ state: 'deplyed' })).toThrow('There is no state "deplyed".');
});

it('a run that was terminated is cancelled, though its last word was that it runs', () => {
  const row = rowOf({
    workflowId: 'flights/1',
    type: 'flights',
    status: { name: 'TERMINATED' },
    startTime: new Date(1000),
    closeTime: new Date(2000),
    memo: { by: 'Zoë', commit: 'abc', dirty: true },
    searchAttributes: { SluiceState: ['running'], SluicePipeline: ['flights'] },
  });
  expect(row).toEqual({
    id: 'flights/1',
    pipeline: 'flights',
    state: 'cancelled',
    startedAt: 1000,
    endedAt: 2000,
    by: 'Zoë',
    commit: 'abc',
    dirty: true,
    endpoint: null,
  });
});
