import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kill } from 'node:process';
import { mlflowClient } from '@sluice/activities';
import type { AttemptRecord, Model } from '@sluice/sdk';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { readDevFile } from '../../packages/cli/src/dev/dev-file.ts';
import { preemptJob } from '../../packages/cli/src/run/preempt-job.ts';
import { type ProjectStack, projectStack, type RunHandle } from '../harness/project.ts';
import { waitFor } from '../harness/wait-for.ts';
import { accountOf, committedAttempt, type RunningAttempt, runningAttempt } from './attempts.ts';
import { checkpointsOf, damages, storedTree } from './stored-checkpoints.ts';
import { processesOf, type TrainerProcess } from './trainer-process.ts';

const STEPS = 100;
const EVERY = 5;
const trainer = { steps: STEPS, every: EVERY, pace: 60 };

let project: ProjectStack;
let twin: Model;

beforeAll(async () => {
  vi.stubEnv('SLUICE_TEST_SPOT_SLOTS', '4');
  project = await projectStack();
  const undisturbed = await project.start('training', { trainer: { ...trainer, pace: 0 }, on: 'cpu' });
  twin = (await undisturbed.result()) as Model;
  const { records, repeated } = await accountOf(undisturbed, STEPS);
  expect(records).toHaveLength(1);
  expect(repeated).toBe(0);
});
afterAll(() => project?.close());

interface Interruption {
  readonly name: string;
  readonly interrupt: (run: RunHandle, attempt: RunningAttempt) => Promise<void> | void;
  readonly ended: AttemptRecord['ended'];
  /** Is the trainer given time to checkpoint where it stands? */
  readonly notice: boolean;
}

const interruptions: readonly Interruption[] = [
  {
    name: "SIGKILL of the trainer's process group",
    interrupt: (_, { trainer }) => void kill(-trainer.pid, 'SIGKILL'),
    ended: 'preempted',
    notice: false,
  },
  {
    name: 'SIGKILL of the worker',
    interrupt: () => project.stack.restart('worker spot', 'SIGKILL'),
    ended: 'worker-lost',
    notice: false,
  },
  {
    name: 'a Preempt event for its machine',
    interrupt: async ({ workflowId }) => {
      const stack = await readDevFile(project.root);
      if (stack === null) throw new Error('the stack has written no file');
      await preemptJob({ client: project.client, workflowId, stack, seconds: 30 });
    },
    ended: 'preempted',
    notice: true,
  },
  {
    name: 'a graceful shutdown of the worker',
    interrupt: () => project.stack.restart('worker spot', 'SIGTERM'),
    ended: 'preempted',
    notice: true,
  },
];

describe('a training ends with the model of its undisturbed twin, and repeats no committed work, after', () => {
  it.each(interruptions)('$name', async ({ interrupt, ended, notice }) => {
    const run = await project.start('training', { trainer });
    const before = await committedAttempt(project, run, 2 * EVERY);
    await interrupt(run, before);
    expect(((await run.result()) as Model).digest).toBe(twin.digest);

    const { records, done, repeated } = await accountOf(run, STEPS);
    expect(records.map((record) => record.ended)).toEqual([ended, 'done']);
    expect(records.map((record) => record.class)).toEqual(['spot', 'spot']);
    const [first, second] = records as [AttemptRecord, AttemptRecord];
    expect(first.machine).toBe(before.machine);
    const sameWorker = ended === 'preempted' && !notice;
    expect(second.machine === before.machine).toBe(sameWorker);
    expect(first.checkpoint).toBe(second.resumedFrom);
    expect(first.checkpoint).toBeGreaterThanOrEqual(before.progress.checkpoint ?? 0);
    expect(repeated).toBe((done[0]?.at(-1) ?? 0) - (first.checkpoint ?? 0));
    if (notice) expect({ repeated, lost: first.stepsLost }).toEqual({ repeated: 0, lost: 0 });
    expect(first.stepsLost).toBeLessThanOrEqual(repeated);
    expect(processesOf({ attemptId: before.trainer.attemptId })).toEqual([]);
  });
});

describe('a preempted training', () => {
  it('moves to the fallback class after `onDemandAfter` preemptions, and stays there', async () => {
    const run = await project.start('training', { trainer: { ...trainer, pace: 100 }, onDemandAfter: 2 });
    for (const attempt of [1, 2, 3]) {
      const { trainer } = await runningAttempt(
        project,
        run,
        ({ checkpoint, resumedFrom }, number) => number === attempt && (checkpoint ?? 0) > (resumedFrom ?? 0),
      );
      kill(-trainer.pid, 'SIGKILL');
    }
    expect(((await run.result()) as Model).digest).toBe(twin.digest);
    const { records } = await accountOf(run, STEPS);
    expect(records.map((record) => [record.class, record.ended, record.price?.perHour])).toEqual([
      ['spot', 'preempted', 1],
      ['spot', 'preempted', 1],
      ['on-demand', 'preempted', 3],
      ['on-demand', 'done', 3],
    ]);
    expect(records.map(({ machine }) => machine?.replace(/-\d+$/, ''))).toEqual([
      'spot',
      'spot',
      'on-demand',
      'on-demand',
    ]);
  });

  it('goes on from the checkpoint before one that is truncated, changed or missing', async () => {
    const worker = project.stack.pidOf('worker spot') ?? 0;
    const runs = await Promise.all(
      Object.entries(damages).map(async ([what, damage], index) => {
        // Another size makes another checkpoint: equal ones are stored once.
        const bytes = 1000 * (index + 1);
        const run = await project.start('training', { trainer: { ...trainer, bytes } });
        await committedAttempt(project, run, 2 * EVERY);
        return { what, run, damage };
      }),
    );
    kill(worker, 'SIGSTOP'); // nothing is committed from here on
    const before = await Promise.all(
      runs.map(async ({ run, damage }) => {
        const { manifests } = await checkpointsOf(project, run);
        const [older, newest] = manifests.slice(-2);
        if (older === undefined || newest === undefined) throw new Error('there are no two checkpoints');
        await damage(await storedTree(project, newest.files));
        return { older, newest };
      }),
    );
    await project.stack.restart('worker spot', 'SIGKILL');
    for (const [index, { what, run }] of runs.entries()) {
      expect(((await run.result()) as Model).digest, what).toBe(twin.digest);
      const { records } = await accountOf(run, STEPS);
      expect(
        records.map((record) => record.ended),
        what,
      ).toEqual(['worker-lost', 'done']);
      expect(records[1]?.resumedFrom, what).toBe(before[index]?.older.step);
      expect(records[0]?.checkpoint, what).toBeGreaterThanOrEqual(before[index]?.older.step ?? 0);
    }
  });

  it('lets no attempt that comes back from the dead commit over its successor', async () => {
    const { stack, root } = project;
    const worker = stack.pidOf('worker spot') ?? 0;
    const base = { trainer, onDemandAfter: 1 };
    // The successor of one is through when the dead come back, that of the other still trains.
    const [over, training] = await Promise.all([
      project.start('training', { ...base, heartbeat: '3 seconds' }),
      project.start('training', { ...base, heartbeat: '8 seconds' }),
    ]);
    const zombies = await Promise.all([over, training].map((run) => committedAttempt(project, run, EVERY)));
    onTestFinished(() => void kill(worker, 'SIGCONT'));
    kill(worker, 'SIGSTOP');
    for (const [index, { trainer }] of zombies.entries()) {
      const line = await checkpointsOf(project, index === 0 ? over : training);
      const committed = line.manifests.at(-1)?.step ?? 0;
      await waitFor('a checkpoint that waits to be committed', async () => (await lastWritten(trainer)) > committed);
      kill(-trainer.pid, 'SIGSTOP');
    }
    expect(((await over.result()) as Model).digest).toBe(twin.digest);
    const successor = await runningAttempt(
      project,
      training,
      ({ checkpoint, resumedFrom }, attempt) => attempt === 2 && (checkpoint ?? 0) > (resumedFrom ?? 0),
    );
    expect(successor.machine).toMatch(/^on-demand/);

    for (const { trainer } of zombies) kill(-trainer.pid, 'SIGCONT');
    kill(worker, 'SIGCONT');
    for (const { trainer } of zombies) {
      await waitFor('the end of the zombie', async () => processesOf(trainer).length === 0);
      const work = join(root, '.sluice/work', trainer.attemptId);
      await waitFor('the end of its folder', () =>
        access(work).then(
          () => false,
          () => true,
        ),
      );
    }
    const log = await readFile(join(root, '.sluice/dev/worker-spot.log'), 'utf8');
    expect(log.match(/type: 'Fenced'/g)).toHaveLength(zombies.length);

    for (const run of [over, training]) {
      const model = (await run.result()) as Model;
      expect(model.digest).toBe(twin.digest);
      const { records } = await accountOf(run, STEPS);
      expect(records.map((record) => [record.class, record.ended])).toEqual([
        ['spot', 'worker-lost'],
        ['on-demand', 'done'],
      ]);
      const { claim, manifests } = await checkpointsOf(project, run);
      expect(claim.attempt).toBe(2);
      expect(manifests.map(({ owner }) => owner)).toEqual(manifests.map(() => claim.owner));
      expect(manifests.at(-1)?.step).toBe(STEPS);
      const mlflow = mlflowClient({ url: stack.mlflow?.url ?? '' });
      expect((await mlflow.getRun(model.mlflowRunId ?? ''))?.info.status).toBe('FINISHED');
    }
  });
});

/** Step of the newest checkpoint that a trainer has announced. */
async function lastWritten({ events }: TrainerProcess): Promise<number> {
  const lines = (await readFile(events, 'utf8')).split('\n').filter((line) => line.includes('"checkpoint"'));
  return (JSON.parse(lines.at(-1) ?? '{"step":0}') as { step: number }).step;
}
