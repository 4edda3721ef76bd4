import { errorCode } from '@sluice/sdk';
import type { RunRow } from '@sluice/ui/api';
import { expect, test } from 'vitest';
import { checkStates, hasText, runsQuery } from './runs-query.ts';

test('without a filter all runs of pipelines are asked for', () => {
  expect(runsQuery({})).toBe('SluicePipeline IS NOT NULL');
});

test('a name with quotes or backslashes in it stays one value', () => {
  expect(runsQuery({ pipeline: "\\' OR 1=1" })).toBe("SluicePipeline IS NOT NULL AND SluicePipeline = '\\\\'' OR 1=1'");
  expect(runsQuery({ pipeline: "it's' OR '1'='1" })).toBe(
    "SluicePipeline IS NOT NULL AND SluicePipeline = 'it''s'' OR ''1''=''1'",
  );
});

test('a run that was terminated while it ran is cancelled, and not running', () => {
  expect(runsQuery({ states: ['running'] })).toContain("ExecutionStatus = 'Running'");
  const cancelled = runsQuery({ states: ['cancelled'] });
  expect(cancelled).toContain("SluiceState = 'cancelled'");
  expect(cancelled).toContain("ExecutionStatus IN ('Terminated', 'Canceled')");
  expect(runsQuery({ states: ['deployed'] })).toBe("SluicePipeline IS NOT NULL AND (SluiceState = 'deployed')");
});

test('a state that there is not is told with those that there are', () => {
  const ask = () => checkStates(["x'; drop"]);
  expect(ask).toThrow(/"x'; drop" is no state of a run/);
  try {
    ask();
  } catch (error) {
    expect(errorCode(error)).toBe('Usage');
    expect((error as { fix?: string }).fix).toContain('awaiting-approval');
  }
});

test('a text is looked for in id, starter and endpoint in any case, and as the beginning of the commit', () => {
  const row: RunRow = {
    id: 'flight-delays/Größe-1',
    pipeline: 'flight-delays',
    state: 'done',
    startedAt: 0,
    endedAt: 1,
    by: 'Ana@example.com',
    commit: 'e892d88a5aa2',
    dirty: false,
    endpoint: 'shop',
  };
  for (const text of ['delays/grö', 'GRÖ', 'ana@', 'SHO', 'e892d']) {
    expect(hasText(row, text), text).toBe(true);
  }
  for (const text of ['d88a5', 'bob', 'zz']) expect(hasText(row, text), text).toBe(false);
});
