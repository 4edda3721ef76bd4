import { fileURLToPath } from 'node:url';
import type { DeployResult } from '@sluice/sdk';
import { expect, it } from 'vitest';
import { digestOf, stubActivities } from '../harness/stub-activities.ts';
import { untilState, waitFor } from '../harness/wait-for.ts';
import { workflowCode } from '../harness/workflow-code.ts';
import { fixtureBundle, workflowKit } from '../harness/workflow-kit.ts';
import { eventsOf, resetTo, scheduling } from '../repair/reset.ts';

const candidate = digestOf('model');

it('a bundle without the interceptors runs nothing, because a reset could repeat an approval there; a right one goes on', async () => {
  const entry = fileURLToPath(new URL('../fixtures/entry.ts', import.meta.url));
  const lacking = await workflowCode(entry, { workflowInterceptorModules: [] });
  const right = await fixtureBundle();
  const kit = await workflowKit(stubActivities, { bundle: lacking });
  try {
    const run = await kit.start('gated', {});
    const why = await taskFailure(() => eventsOf(kit.client, run.workflowId));
    expect(why).toContain('lacks the interceptors of @sluice/workflows');
    expect(why).toContain('workflowInterceptorModules');
    await run.signal('approve', { by: 'ana', candidate });

    await kit.startWorker(right);
    const asked = await untilState(run, 'awaiting-approval');
    expect(asked.refused).toMatchObject([{ by: 'ana', why: 'no gate is open yet' }]);
    await run.signal('approve', { by: 'ana', candidate });
    expect(await run.result()).toMatchObject({ state: 'deployed' });

    // Reset to where the gate was open, with a worker that cannot tell a reset: the approval is repeated and not taken.
    const events = await eventsOf(kit.client, run.workflowId);
    await kit.stopWorker();
    await resetTo(kit.client, run.workflowId, scheduling(events, 'checkCandidate')[0] ?? 0);
    await kit.startWorker(lacking);
    const again = kit.client.workflow.getHandle(run.workflowId);
    expect(await taskFailure(() => eventsOf(kit.client, run.workflowId))).toContain('lacks the interceptors');

    await kit.startWorker(right);
    const waiting = await untilState(again, 'awaiting-approval');
    expect(waiting.decisions).toEqual([]);
    await again.signal('approve', { by: 'ben', candidate });
    expect((await again.result()) as DeployResult).toMatchObject({ state: 'deployed', decision: { by: 'ben' } });
  } finally {
    await kit.close();
  }
});

function taskFailure(events: () => ReturnType<typeof eventsOf>): Promise<string> {
  return waitFor('a workflow task that its worker failed', async () => {
    const failures = (await events()).map((event) => event.workflowTaskFailedEventAttributes?.failure?.message ?? '');
    // A reset is a failed task too.
    return failures.findLast((message) => message !== '' && message !== 'a test');
  });
}
