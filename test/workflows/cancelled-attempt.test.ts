import type { RunStatus } from '@sluice/sdk';
import { Context } from '@temporalio/activity';
import { expect, it } from 'vitest';
import { stubActivities } from '../harness/stub-activities.ts';
import { waitFor } from '../harness/wait-for.ts';
import { workflowKit } from '../harness/workflow-kit.ts';

/** A trainer that trains until it is called off. */
async function trainUntilCancelled(): Promise<never> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 100);
  return context.cancelled.finally(() => clearInterval(beat));
}

it('the attempt that a cancelled run called off is in its status, and is neither an error nor a preemption', async () => {
  const kit = await workflowKit((project, client) => stubActivities(project, client, { train: trainUntilCancelled }));
  try {
    const run = await kit.start('jobs', {});
    await waitFor('the training', async () => (await run.describe()).raw.pendingActivities?.[0]?.lastStartedTime);
    await run.cancel();
    await expect(run.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    const status = await run.query<RunStatus>('status');
    expect(status.state).toBe('cancelled');
    expect(status.steps[0]?.attempts).toMatchObject([{ attempt: 1, class: 'spot', ended: 'cancelled', code: null }]);
  } finally {
    await kit.close();
  }
});
