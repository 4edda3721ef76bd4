import type { JobOutcome } from '@sluice/sdk';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PendingJobs } from '../../packages/cli/src/follow/pending-jobs.ts';
import { progress, stubActivities } from '../harness/stub-activities.ts';
import { waitFor } from '../harness/wait-for.ts';
import { type Kit, workflowKit } from '../harness/workflow-kit.ts';

let kit: Kit;
let done = 0;
const letGo = Promise.withResolvers<void>();

beforeAll(async () => {
  kit = await workflowKit((project, client) =>
    stubActivities(project, client, {
      step: async (input): Promise<JobOutcome> => {
        if (input.ref.keys.key === 'slow') await letGo.promise;
        else done += 1;
        return { result: { step: input.ref.step, keys: {}, files: null, value: null }, progress: progress(input) };
      },
    }),
  );
});
afterAll(() => kit.close());

it('a job that was scheduled hundreds of events ago is still told by its step', async () => {
  const keys = ['slow', ...Array.from({ length: 120 }, (_, index) => `k${index}`)];
  const run = await kit.start('fan-out', { keys, concurrency: 4 });
  const pending = new PendingJobs(kit.client, run.workflowId);
  await waitFor('all keys but one', async () => done === 1 + 120);
  const jobs = await waitFor('the last of them to be heard of', async () => {
    const found = await pending.of(await run.describe());
    return found.length === 1 ? found : null;
  });
  expect((await run.describe()).historyLength).toBeGreaterThan(400);
  expect(jobs).toMatchObject([{ step: 'key=slow/work', kind: 'step', attempt: 1, started: true }]);
  expect(await pending.of(await run.describe())).toEqual(jobs);
  letGo.resolve();
  expect(await run.result()).toMatchObject({ ok: 121 });
  expect(await pending.of(await run.describe())).toEqual([]);
});
