import type { AttemptRecord } from '@sluice/sdk';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { readDevFile } from '../../packages/cli/src/dev/dev-file.ts';
import { preemptJob } from '../../packages/cli/src/run/preempt-job.ts';
import { type ProjectStack, projectStack, type RunHandle } from '../harness/project.ts';
import { accountOf, committedAttempt, type RunningAttempt } from './attempts.ts';

/** A worker that is told to stop gives its jobs this long, s; a notice has nothing to do with it. */
const GRACE = 20;

let project: ProjectStack;
beforeAll(async () => {
  vi.stubEnv('SLUICE_TEST_SPOT_SLOTS', '4');
  project = await projectStack();
});
afterAll(() => project?.close());

/** Tells the machine of a run that it goes in so many seconds. @returns the attempt it was told of, and when */
async function notify(run: RunHandle, seconds: number): Promise<RunningAttempt & { readonly at: number }> {
  const attempt = await committedAttempt(project, run, 1);
  const stack = await readDevFile(project.root);
  if (stack === null) throw new Error('the stack has written no file');
  const at = Date.now();
  await preemptJob({ client: project.client, workflowId: run.workflowId, stack, seconds });
  return { ...attempt, at };
}

const heartbeat = '4 seconds';

it('notice of 30 seconds is the trainer’s, and notice of 15 minutes is trained through', async () => {
  const hasty = { steps: 60, every: 50, pace: 100 };
  const calm = { steps: 300, every: 5, pace: 100 };
  const [short, long] = await Promise.all([
    project.start('training', { heartbeat, trainer: { ...hasty, fault: 'slow-goodbye' } }),
    project.start('training', { heartbeat, trainer: calm, on: 'on-demand' }),
  ]);
  const [told, toldLong] = await Promise.all([notify(short, 30), notify(long, 900)]);
  await Promise.all([short.result(), long.result()]);

  // Its good-bye takes 24 s, more than a worker that is told to stop would give it.
  const first = (await accountOf(short, hasty.steps)).records as [AttemptRecord, AttemptRecord];
  expect(first.map(({ ended }) => ended)).toEqual(['preempted', 'done']);
  expect(first[0].machine).toBe(told.machine);
  expect(first[0]).toMatchObject({ stepsLost: 0, checkpoint: first[0].lastStep });
  expect(first[0].end - told.at).toBeGreaterThan(GRACE * 1000);
  expect(first[1].machine).not.toBe(told.machine);

  const { records } = await accountOf(long, calm.steps);
  expect(records.map(({ ended, machine }) => [ended, machine])).toEqual([['done', toldLong.machine]]);
  expect((records[0]?.end ?? 0) - toldLong.at).toBeGreaterThan((GRACE + 2) * 1000);
});
