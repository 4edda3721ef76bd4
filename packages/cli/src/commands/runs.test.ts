import { expect, it } from 'vitest';
import { plainPaint } from '../follow/colours.ts';
import type { ListedRun } from '../run/list-runs.ts';
import { runsQuery } from '../run/runs-query.ts';
import { widthOf } from '../text/width.ts';
import { filterOf, runsLines } from './runs.ts';

const now = Date.UTC(2026, 0, 31, 12);
const run = (workflowId: string, more: Partial<ListedRun> = {}): ListedRun => ({
  workflowId,
  runId: 'r',
  pipeline: workflowId.split('/')[0] ?? '',
  state: 'deployed',
  status: 'COMPLETED',
  start: new Date(now - 3_600_000),
  close: new Date(now - 1_800_000),
  commit: '1a2b3c4d5e6f',
  endpoint: 'delays',
  by: 'ana@example.com',
  ...more,
});

it('asks Temporal for what the flags say', () => {
  const filter = filterOf(
    {
      pipeline: "it's",
      state: ['failed,blocked', 'running'],
      since: '7d',
      until: '2026-01-31',
      commit: '1A2B3C4',
      endpoint: 'eu',
    },
    now,
  );
  expect(runsQuery(filter)).toBe(
    "SluicePipeline IS NOT NULL AND SluicePipeline = 'it''s' AND (" +
      "SluiceState = 'failed' OR (ExecutionStatus IN ('Failed', 'TimedOut') AND (SluiceState = 'running'" +
      " OR SluiceState = 'awaiting-approval' OR SluiceState = 'blocked' OR SluiceState = 'rolling-out'))" +
      " OR (SluiceState = 'blocked' AND ExecutionStatus = 'Running') OR (SluiceState = 'running' AND ExecutionStatus = 'Running')" +
      ") AND StartTime >= '2026-01-24T12:00:00.000Z'" +
      " AND StartTime < '2026-01-31T00:00:00.000Z' AND SluiceCommit STARTS_WITH '1a2b3c4' AND SluiceEndpoint = 'eu'",
  );
});

it.each([
  [{ state: ['faild'] }, '"faild" is no state of a run. Did you mean "failed"?'],
  [{ commit: 'HEAD' }, '--commit HEAD is not a commit.'],
  [{ since: 'monday' }, '--since "monday" is neither a time nor a duration.'],
])('refuses %j', (options, message) => {
  expect(() => filterOf(options, now)).toThrow(message);
});

it('lists runs in 80 columns, long names without their middle and numbers whole', () => {
  const long = run(`flight-delays/${'nightly-'.repeat(8)}20260131-030405-x7k2`);
  const lines = runsLines(
    [long, run('life/one', { state: 'awaiting-approval', close: null })],
    { paint: plainPaint, columns: 80 },
    now,
  );
  expect(lines).toEqual([
    'run                          state              started (UTC)        took',
    'flight-delays…-030405-x7k2   deployed           2026-01-31 11:00:00  30 min 00 s',
    'life/one                     awaiting-approval  2026-01-31 11:00:00  1 h 00 min',
  ]);
  expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(80);
});

it('says in a wide terminal who started a run, from which commit and for what endpoint', () => {
  const [head, line] = runsLines([run('life/one')], { paint: plainPaint, columns: 140 }, now);
  expect(head).toContain('endpoint  commit    by');
  expect(line).toContain('delays    1a2b3c4d  ana@example.com');
});
