import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type ReportWriter, reportActivities } from './report-writer.ts';

const run = (workflowId: string) => ({ workflowId, mlflowRunId: null });
const written = (at: number) => ({
  at,
  artifact: { kind: 'report' as const, uri: 'sluice:blob/00', digest: 'sha256:00' as const, bytes: 1 },
  page: null,
  warning: null,
});

/** A writer whose reports end when they are told to. */
function stand(within?: number) {
  const begun: { readonly id: string; readonly signal: AbortSignal; readonly end: () => void }[] = [];
  const writer: ReportWriter = {
    place: async (id) => `http://mlflow/${id}`,
    write: ({ workflowId: id }, signal) =>
      new Promise((done) => void begun.push({ id, signal, end: () => done(written(begun.length)) })),
  };
  return { begun, ids: () => begun.map(({ id }) => id), activities: reportActivities(writer, within) };
}

test('reports of many runs are written one after the other', async () => {
  const { begun, ids, activities } = stand();
  const both = [activities.writeReport(run('a')), activities.writeReport(run('b'))];
  await turn();
  expect(ids()).toEqual(['a']);
  begun[0]?.end();
  await both[0];
  await turn();
  expect(ids()).toEqual(['a', 'b']);
  begun[1]?.end();
  expect(await both[1]).toMatchObject({ at: 2 });
});

test('a report that hangs is given up, told so, and holds up no other one', async () => {
  const { begun, ids, activities } = stand(20);
  await expect(activities.writeReport(run('hangs'))).rejects.toMatchObject({
    code: 'BudgetSpent',
    message: 'The report was not written within 0.02 s.',
  });
  expect(begun[0]?.signal.aborted).toBe(true);
  const next = activities.writeReport(run('next'));
  await turn();
  expect(ids()).toEqual(['hangs', 'next']);
  begun[1]?.end();
  await next;
});

test('a worker that writes no reports says so, once and for all', async () => {
  const activities = reportActivities(undefined);
  expect(await activities.placeReport({ mlflowRunId: 'm' })).toBeNull();
  await expect(activities.writeReport(run('a'))).rejects.toMatchObject({ code: 'Refused', permanent: true });
});
