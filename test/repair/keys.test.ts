import { tmpdir } from 'node:os';
import { pipelineDefinition } from '@sluice/sdk';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startRun } from '../../packages/cli/src/run/start-run.ts';
import { plainTarget } from '../../packages/cli/src/run/temporal-target.ts';
import { fanOut, gated } from '../fixtures/pipelines.ts';
import { progress, stubActivities } from '../harness/stub-activities.ts';
import { untilState } from '../harness/wait-for.ts';
import { type Kit, workflowKit } from '../harness/workflow-kit.ts';

describe('the key of a run', () => {
  let kit: Kit;
  let broken = false;
  let keys = 0;

  beforeAll(async () => {
    kit = await workflowKit((project, client) =>
      stubActivities(project, client, {
        step: async (input) => {
          if (broken) throw ApplicationFailure.nonRetryable('broken', 'InvalidStep');
          const { step, keys } = input.ref;
          return { result: { step, keys, files: null, value: step }, progress: progress(input) };
        },
      }),
    );
  });
  afterAll(() => kit.close());

  const newKey = () => `key-${kit.project}-${++keys}`;
  const start = (pipeline: typeof fanOut | typeof gated, params: object, key: string) => {
    const definition = pipelineDefinition(pipeline);
    if (definition === null) throw new Error('no pipeline');
    const workflow = pipeline as never;
    return startRun({
      client: kit.client,
      target: plainTarget(inject('temporal').address, 'default', 'flags', null),
      project: kit.project,
      root: tmpdir(),
      pipeline: { name: definition.name, definition, workflow, file: '' },
      params,
      key,
      by: 'ana',
    });
  };
  const ended = (id: string) => kit.client.workflow.getHandle(id).result();

  it('is used up by a run that ended well, and says so of one that is under way', async () => {
    const key = newKey();
    const { workflowId, again } = await start(gated, {}, key);
    expect(again).toBeNull();
    const run = kit.client.workflow.getHandle(workflowId);
    await untilState(run, 'awaiting-approval');
    await expect(start(gated, {}, key)).rejects.toMatchObject({
      code: 'RunExists',
      message: `The run ${workflowId} is under way already.`,
      data: { state: 'awaiting-approval', open: true },
    });
    await run.signal('approve', { by: 'ana' });
    await run.result();
    await expect(start(gated, {}, key)).rejects.toMatchObject({
      code: 'RunExists',
      message: `There is a run ${workflowId} already: it ended deployed.`,
    });
  });

  it('is used up by a run that somebody turned down', async () => {
    const key = newKey();
    const { workflowId } = await start(gated, {}, key);
    const run = kit.client.workflow.getHandle(workflowId);
    await untilState(run, 'awaiting-approval');
    await run.signal('reject', { by: 'ana', reason: 'no' });
    await run.result();
    await expect(start(gated, {}, key)).rejects.toMatchObject({ code: 'RunExists', data: { state: 'rejected' } });
  });

  it('may be used again after a run that failed, was cancelled or was terminated, which is told', async () => {
    const key = newKey();
    broken = true;
    const { workflowId } = await start(fanOut, { keys: ['a'] }, key);
    await expect(ended(workflowId)).rejects.toThrow();
    broken = false;
    expect(await start(fanOut, { keys: ['a'] }, key)).toMatchObject({ workflowId, again: 'failed' });
    await ended(workflowId);
    await expect(start(fanOut, { keys: ['a'] }, key)).rejects.toMatchObject({ code: 'RunExists' });

    for (const [end, word] of [
      ['cancel', 'cancelled'],
      ['terminate', 'cancelled'],
    ] as const) {
      const other = newKey();
      const first = await start(gated, {}, other);
      const run = kit.client.workflow.getHandle(first.workflowId);
      await untilState(run, 'awaiting-approval');
      await run[end]();
      await run.result().catch(() => {});
      expect((await start(gated, {}, other)).again).toBe(word);
      await kit.client.workflow.getHandle(first.workflowId).terminate();
    }
  });

  it('belongs to one of many that start at once, also after a run that failed', async () => {
    const key = newKey();
    const race = async () => {
      const all = await Promise.allSettled(Array.from({ length: 8 }, () => start(fanOut, { keys: ['a'] }, key)));
      const refused = all.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []));
      expect(refused).toEqual(Array.from({ length: 7 }, () => 'RunExists'));
    };
    broken = true;
    const { workflowId } = await start(fanOut, { keys: ['a'] }, key);
    await expect(ended(workflowId)).rejects.toThrow();
    broken = false;
    // Those that come after it has ended well are refused too, so one wins whatever the timing.
    await race();
    await ended(workflowId);
    await expect(start(fanOut, { keys: ['a'] }, key)).rejects.toMatchObject({ code: 'RunExists' });
  });
});
