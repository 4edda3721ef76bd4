import type { Settings, SluiceActivities } from '@sluice/sdk';
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it, onTestFinished } from 'vitest';
import { stubActivities } from '../harness/stub-activities.ts';
import { untilState, untilStatus } from '../harness/wait-for.ts';
import { workflowKit } from '../harness/workflow-kit.ts';

const page = 'http://mlflow/m-1/report.html';
type Stubs = Parameters<typeof stubActivities>[2];

/** Workers that write reports, unless they are told otherwise. */
async function stand(replace: Stubs = {}, settings: Partial<Settings> = {}) {
  const made: ReturnType<typeof stubActivities>[] = [];
  const kit = await workflowKit((project, client) => {
    const stubs = stubActivities(
      project,
      client,
      { openRun: async () => 'm-1', ...replace },
      { mlflow: true, reports: true, ...settings },
    );
    made.push(stubs);
    return stubs;
  });
  onTestFinished(() => kit.close());
  const log = () => made[0]?.log ?? { calls: [], notifications: [] };
  return {
    kit,
    told: () => log().notifications,
    reports: () => log().calls.filter(({ name }) => name === 'writeReport'),
    calls: () => log().calls.map(({ name }) => name),
  };
}

describe('the report of a run', () => {
  it('is written when a deploy asks and when it ended, and every notification names it', async () => {
    const { kit, told, reports } = await stand();
    const run = await kit.start('gated', { verdict: 'fail' });
    await untilState(run, 'blocked');
    const open = await untilStatus(run, 'a report', ({ report }) => report !== undefined);
    expect(reports()).toEqual([{ name: 'writeReport', input: { workflowId: run.workflowId, mlflowRunId: 'm-1' } }]);
    expect(open.links.report).toBe(page);
    expect(open.report).toMatchObject({ artifact: { kind: 'report' }, warning: null });
    await run.signal('reject', { by: 'ana' });
    await run.result();
    // What the run did after its deploy had ended is nothing that a report tells.
    expect(reports()).toHaveLength(2);
    expect(told().map(({ event, links }) => [event, links.report])).toEqual([
      ['blocked', page],
      ['decided', page],
    ]);
    expect(told()[0]?.commands.at(-1)).toBe(`sluice report ${run.workflowId} --open`);
    expect(told()[0]?.commands[0]).toContain('sluice override');
  });

  it('is written once more for a run that failed after it had judged something', async () => {
    const { kit, told, reports } = await stand();
    const run = await kit.start('judged-then-fails', {});
    await expect(run.result()).rejects.toThrow();
    expect(reports()).toHaveLength(1);
    expect(told()).toMatchObject([{ event: 'failed', links: { report: page } }]);
    expect(told()[0]?.commands.at(-1)).toBe(`sluice report ${run.workflowId} --open`);
  });

  it('is not written for a run that has judged nothing, nor by workers that write none', async () => {
    const with_ = await stand();
    await expect((await with_.kit.start('throws-plain-error', {})).result()).rejects.toThrow();
    expect(with_.reports()).toEqual([]);
    const without = await stand({}, { reports: false });
    const run = await without.kit.start('gated', { approval: 'none' });
    await run.result();
    expect(without.calls()).not.toContain('writeReport');
    expect(without.calls()).not.toContain('placeReport');
    expect(without.told().flatMap(({ links, commands }) => [links.report, ...commands])).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('holds up neither the question, nor the decision, nor the rollout while it is being written', async () => {
    const writing = Promise.withResolvers<void>();
    const writeReport: SluiceActivities['writeReport'] = async () => {
      await writing.promise;
      throw ApplicationFailure.nonRetryable('the disk is full', 'DiskFull');
    };
    const { kit, told, reports } = await stand({ writeReport });
    const run = await kit.start('gated', {});
    await untilState(run, 'awaiting-approval');
    await untilStatus(run, 'people are told', () => told().length > 0);
    await run.signal('approve', { by: 'ana' });
    await untilState(run, 'deployed');
    expect(reports()).toHaveLength(1);
    writing.resolve();
    expect(await run.result()).toMatchObject({ state: 'deployed' });
    expect(reports()).toHaveLength(2);
    const status = await run.query<{ report?: object }>('status');
    expect(status.report).toEqual({
      at: null,
      artifact: null,
      warning: 'a worker could not write it: the disk is full',
    });
  });

  it('stays in the store where MLflow does not take it, and the notification names the command alone', async () => {
    const { kit, told } = await stand({ placeReport: async () => null });
    const run = await kit.start('gated', {});
    await untilStatus(run, 'people are told', () => told().length > 0);
    expect(told()[0]?.links).not.toHaveProperty('report');
    expect(told()[0]?.commands.at(-1)).toBe(`sluice report ${run.workflowId} --open`);
    await run.signal('reject', { by: 'ana' });
    await run.result();
  });
});
