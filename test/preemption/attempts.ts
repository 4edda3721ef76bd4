import type { AttemptProgress, AttemptRecord } from '@sluice/sdk';
import { expect } from 'vitest';
import { PendingJobs } from '../../packages/cli/src/follow/pending-jobs.ts';
import { workerOf } from '../../packages/cli/src/run/preempt-job.ts';
import type { ProjectStack, RunHandle } from '../harness/project.ts';
import { waitFor } from '../harness/wait-for.ts';
import { type TrainerProcess, trainerBelow } from './trainer-process.ts';

/** An attempt that runs now, as the server and the kernel know it. */
export interface RunningAttempt {
  readonly attempt: number;
  readonly machine: string;
  readonly workerPid: number;
  readonly trainer: TrainerProcess;
  readonly progress: AttemptProgress;
}

/** The run's attempt, once `holds` is true of its last heartbeat. */
export function runningAttempt(
  { client }: ProjectStack,
  run: RunHandle,
  holds: (progress: AttemptProgress, attempt: number) => boolean,
): Promise<RunningAttempt> {
  const pending = new PendingJobs(client, run.workflowId);
  return waitFor(`a running attempt of ${run.workflowId}`, async () => {
    const [job] = await pending.of(await client.workflow.getHandle(run.workflowId).describe());
    if (!job?.started || job.progress === null || !holds(job.progress, job.attempt)) return null;
    const { machine, pid } = workerOf(job);
    const trainer = trainerBelow(pid, run.workflowId);
    return trainer && { attempt: job.attempt, machine, workerPid: pid, trainer, progress: job.progress };
  });
}

/** The same, once it has committed a checkpoint of its own at `step` or later. */
export function committedAttempt(project: ProjectStack, run: RunHandle, step: number): Promise<RunningAttempt> {
  return runningAttempt(project, run, ({ checkpoint }) => checkpoint !== null && checkpoint >= step);
}

export interface Account {
  readonly records: readonly AttemptRecord[];
  /** Steps that each attempt did, as its trainer printed them. */
  readonly done: readonly (readonly number[])[];
  /** Steps that were done more than once, counted each time but the first. */
  readonly repeated: number;
}

/**
 * The attempts of a run that is over, with what must hold of any: every step is done, each attempt goes on exactly
 * where it says it resumed, what it calls lost is done again, and no error was spent.
 */
export async function accountOf(run: RunHandle, steps: number): Promise<Account> {
  const [step] = (await run.status()).steps;
  const records = step?.attempts ?? [];
  const done = (await run.logs('model')).map((log) =>
    [...log.matchAll(/^did step (\d+)$/gm)].map(([, number]) => Number(number)),
  );
  expect(done).toHaveLength(records.length);
  for (const [index, { attempt, resumedFrom }] of records.entries()) {
    expect(attempt).toBe(index + 1);
    const first = (resumedFrom ?? 0) + 1;
    expect(done[index], `attempt ${attempt} goes on at step ${first}`).toEqual(
      Array.from(done[index] ?? [], (_, offset) => first + offset),
    );
  }
  expect(step?.errorsAllowed).toBe(0);
  const last = records.at(-1);
  expect(last).toMatchObject({ ended: 'done', code: null, stepsLost: 0, secondsLost: 0, lastStep: steps });
  const all = done.flat();
  expect(new Set(all).size, 'every step was done').toBe(steps);
  const repeated = all.length - steps;
  for (const [index, record] of records.slice(0, -1).entries()) {
    const from = records[index + 1]?.resumedFrom ?? 0;
    const reached = done[index]?.at(-1) ?? record.resumedFrom ?? 0;
    expect(record.lastStep ?? 0, 'it tells of no step that it did not do').toBeLessThanOrEqual(Math.max(reached, from));
    expect(record.stepsLost).toBe(Math.max(0, (record.lastStep ?? 0) - from));
  }
  return { records, done, repeated };
}
