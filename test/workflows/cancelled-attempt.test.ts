import type { JobInput, JobOutcome, RunStatus } from '@sluice/sdk';
import { Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { expect, it } from 'vitest';
import { progress, stubActivities } from '../harness/stub-activities.ts';
import { waitFor } from '../harness/wait-for.ts';
import { workflowKit } from '../harness/workflow-kit.ts';

/** A trainer that trains until it is called off, and then says how far it came. */
async function trainUntilCancelled(input: JobInput): Promise<JobOutcome> {
  const seen = { ...progress(input), step: 114, checkpoint: 100, checkpointAt: Date.now() };
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(seen), 100);
  const details = [{ progress: seen, exitCode: null, signal: 'SIGTERM', tail: [] }];
  return context.cancelled
    .catch(() => Promise.reject(new CancelledFailure('The run was cancelled.', details)))
    .finally(() => clearInterval(beat));
}

it('the attempt that a cancelled run called off is in its status, with where it came and what it took', async () => {
  const kit = await workflowKit((project, client) => stubActivities(project, client, { train: trainUntilCancelled }));
  try {
    const run = await kit.start('jobs', {});
    await waitFor('the training', async () => (await run.describe()).raw.pendingActivities?.[0]?.heartbeatDetails);
    await run.cancel();
    await expect(run.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    const status = await run.query<RunStatus>('status');
    expect(status.state).toBe('cancelled');
    expect(status.steps[0]?.attempts).toMatchObject([
      {
        attempt: 1,
        ended: 'cancelled',
        code: null,
        machine: 'machine-1',
        lastStep: 114,
        checkpoint: 100,
        stepsLost: 14,
      },
    ]);
    expect(status.spent?.[0]?.seconds).toBeGreaterThan(0);
  } finally {
    await kit.close();
  }
});
