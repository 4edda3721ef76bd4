import type { DeployResult, RolloutRequest } from '@sluice/sdk';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf, stubActivities } from '../harness/stub-activities.ts';
import { untilState, waitFor } from '../harness/wait-for.ts';
import { fixtureBundle, type Kit, workflowKit } from '../harness/workflow-kit.ts';
import { eventsOf, resetTo, scheduling, taskBefore } from './reset.ts';

const candidate = digestOf('model');
const approval = { by: 'ana', candidate };

describe('a decision that a reset applies again', () => {
  let kit: Kit;
  let log: ReturnType<typeof stubActivities>['log'];
  beforeAll(async () => {
    kit = await workflowKit((project, client) => {
      const activities = stubActivities(project, client);
      log = activities.log;
      return activities;
    });
  });
  afterAll(() => kit.close());

  const calls = (name: string, workflowId: string) =>
    log.calls.filter((call) => call.name === name && JSON.stringify(call.input).includes(workflowId));
  const rollouts = (workflowId: string) =>
    calls('requestRollout', workflowId).map(({ input }) => (input as { request: RolloutRequest }).request.id);

  /** A run that was approved and went out. */
  async function approved(via: 'signal' | 'update', params: object = {}) {
    const run = await kit.start('gated', params);
    await untilState(run, 'awaiting-approval');
    if (params !== undefined && 'recheck' in params) {
      await waitFor('looks at the waiting candidate', async () => calls('checkCandidate', run.workflowId).length >= 4);
    }
    if (via === 'signal') await run.signal('approve', approval);
    else await run.executeUpdate('decide', { args: [{ decision: 'approve', ...approval }] });
    const result = (await run.result()) as DeployResult;
    expect(result).toMatchObject({ state: 'deployed', decision: { by: 'ana' } });
    return { workflowId: run.workflowId, result, events: await eventsOf(kit.client, run.workflowId) };
  }

  /** The gate waits in the execution that the reset made; then a decision that somebody sends does count. */
  async function waitsAgain(workflowId: string, first: DeployResult) {
    const again = kit.client.workflow.getHandle(workflowId);
    const asked = await untilState(again, 'awaiting-approval');
    expect(asked.decisions).toEqual([]);
    await again.signal('approve', { by: 'ben', candidate });
    const second = (await again.result()) as DeployResult;
    expect(second).toMatchObject({ state: 'deployed', decision: { by: 'ben', via: 'signal' } });
    expect(Date.parse(second.decision?.at ?? '')).toBeGreaterThan(Date.parse(first.decision?.at ?? ''));
    expect(calls('train', workflowId)).toHaveLength(1);
    await Worker.runReplayHistory({ workflowBundle: await fixtureBundle() }, await again.fetchHistory(), workflowId);
    return asked;
  }

  it('is recorded as early where it is a signal: the gate opens after it and waits', async () => {
    const { workflowId, result, events } = await approved('signal');
    await resetTo(kit.client, workflowId, taskBefore(events, 'quality'));
    const asked = await waitsAgain(workflowId, result);
    expect(asked.refused).toMatchObject([{ decision: 'approve', by: 'ana', why: 'no gate is open yet' }]);
    expect(calls('evaluate', workflowId)).toHaveLength(2);
  });

  it('approves nothing where it is an update', async () => {
    const { workflowId, result, events } = await approved('update');
    await resetTo(kit.client, workflowId, taskBefore(events, 'quality'));
    await waitsAgain(workflowId, result);
  });

  it.each(['signal', 'update'] as const)('approves nothing while the gate is open: %s', async (via) => {
    const { workflowId, result, events } = await approved(via, { within: '2 minutes', recheck: '100ms' });
    const looks = scheduling(events, 'checkCandidate');
    await resetTo(kit.client, workflowId, looks[2] ?? 0);
    const asked = await waitsAgain(workflowId, result);
    if (via === 'signal') {
      expect(asked.refused).toMatchObject([{ by: 'ana', why: 'a reset applied it again; decide anew' }]);
    }
  });

  it('keeps a decision that was made before the point of the reset, and asks for the same rollout', async () => {
    const { workflowId, result, events } = await approved('signal');
    await resetTo(kit.client, workflowId, scheduling(events, 'requestRollout')[0] ?? 0);
    expect(await kit.client.workflow.getHandle(workflowId).result()).toEqual(result);
    const [first, second, ...others] = rollouts(workflowId);
    expect(second).toBe(first);
    expect(others).toEqual([]);
    expect(calls('evaluate', workflowId)).toHaveLength(1);
  });
});
