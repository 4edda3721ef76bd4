import type { DeployResult, SluiceActivities } from '@sluice/sdk';
import { expect, it } from 'vitest';
import { signalTimeActivity } from '../../packages/activities/src/decide/signal-time.ts';
import { digestOf, stubActivities } from '../harness/stub-activities.ts';
import { untilState, waitFor } from '../harness/wait-for.ts';
import { type Kit, workflowKit } from '../harness/workflow-kit.ts';
import { eventsOf } from '../repair/reset.ts';

const candidate = digestOf('model');

/** Signals are taken by the server while no worker is there; when they came, its history says. */
async function withAwayWorker(check: (kit: Kit, away: (run: Run) => Promise<void>) => Promise<void>): Promise<void> {
  const kit = await workflowKit((project, client) => {
    const signalTime: SluiceActivities['signalTime'] = signalTimeActivity({ temporal: client });
    return stubActivities(project, client, { signalTime });
  });
  try {
    await check(kit, async (run) => {
      await waitFor('the deadline to pass without a worker', async () => {
        const events = await eventsOf(kit.client, run.workflowId);
        return events.some(({ timerFiredEventAttributes: fired }) => fired != null);
      });
    });
  } finally {
    await kit.close();
  }
}
type Run = Awaited<ReturnType<Kit['start']>>;

it('an approval that the server took before the deadline counts, though a worker sees it only after', async () => {
  await withAwayWorker(async (kit, deadline) => {
    const run = await kit.start('gated', { within: '4 seconds' });
    await untilState(run, 'awaiting-approval');
    await kit.stopWorker();
    await run.signal('approve', { by: 'eve', candidate: 'ffffffffffff' });
    await run.signal('approve', { by: 'ana', candidate });
    await deadline(run);
    await kit.startWorker();
    const result = (await run.result()) as DeployResult;
    expect(result).toMatchObject({ state: 'deployed', decision: { by: 'ana', via: 'signal' } });
  });
});

it('an approval that the server took after the deadline does not count, though a worker sees both at once', async () => {
  await withAwayWorker(async (kit, deadline) => {
    const run = await kit.start('gated', { within: '2 seconds' });
    await untilState(run, 'awaiting-approval');
    await kit.stopWorker();
    await deadline(run);
    await run.signal('approve', { by: 'ana', candidate });
    await kit.startWorker();
    expect(await run.result()).toMatchObject({ state: 'expired', decision: null });
    const { refused } = await run.query<{ refused: { why: string }[] }>('status');
    expect(refused).toMatchObject([{ by: 'ana', why: 'the time for a decision is over' }]);
  });
});
