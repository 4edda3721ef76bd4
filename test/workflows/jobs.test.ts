import { describeAttempts, ErrorCode, type JobInput, type JobOutcome, type RunStatus } from '@sluice/sdk';
import { heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { modelOf, progress, stubActivities } from '../harness/stub-activities.ts';
import { workflowKit } from '../harness/workflow-kit.ts';

/** Runs the `jobs` pipeline with a trainer that ends each attempt as told; the last entry ends all further ones. */
async function runJob(ends: (string | 'done' | 'silent')[], params: object = {}) {
  const inputs: JobInput[] = [];
  const kit = await workflowKit((project, client) =>
    stubActivities(project, client, {
      train: async (input): Promise<JobOutcome> => {
        inputs.push(input);
        const end = ends[input.attempt - 1] ?? ends.at(-1) ?? 'done';
        const seen = {
          ...progress(input),
          step: 100 * input.attempt + 14,
          checkpoint: 100 * input.attempt,
          checkpointAt: Date.now(),
          resumedFrom: input.attempt === 1 ? null : 100 * (input.attempt - 1),
        };
        if (end === 'done') return { result: modelOf(input.ref.step), progress: seen };
        heartbeat(seen);
        if (end === 'silent') return new Promise(() => {});
        throw ApplicationFailure.create({
          type: end,
          message: `ended ${end}`,
          nonRetryable: true,
          details: [{ progress: seen, exitCode: 1, signal: null, tail: ['last words'] }],
        });
      },
    }),
  );
  try {
    const run = await kit.start('jobs', params);
    const result = await run.result().catch((error: Error & { cause?: unknown }) => error.cause ?? error);
    const status = await run.query<RunStatus>('status');
    return { result, inputs, step: status.steps[0] as RunStatus['steps'][number] };
  } finally {
    // A silent trainer's activity never ends; the worker is not waited for.
    void kit.close().catch(() => {});
  }
}

describe('the two budgets', () => {
  it('never spends the error budget on preemptions', async () => {
    const { result, step, inputs } = await runJob(['Preempted', 'Preempted', 'Preempted', 'done'], { errors: 0 });
    expect(result).toMatchObject({ kind: 'model' });
    expect(inputs.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
    expect(describeAttempts(step)).toMatch(
      /^errors 0\/0, preemptions 3\/50, resumed at step 300 \(lost 42 steps, \d+\.\d s\)$/,
    );
    expect(step.attempts.map(({ ended, stepsLost }) => [ended, stepsLost])).toEqual([
      ['preempted', 14],
      ['preempted', 14],
      ['preempted', 14],
      ['done', 0],
    ]);
  });

  it('moves the work to the fallback class after onDemandAfter preemptions', async () => {
    const { inputs } = await runJob(['Preempted', 'Preempted', 'Preempted', 'done'], { onDemandAfter: 2 });
    expect(inputs.map((input) => input.class)).toEqual(['spot', 'spot', 'gpu', 'gpu']);
    expect(inputs.map((input) => input.interruptible)).toEqual([true, true, false, false]);
  });

  it('counts a worker that fell silent as lost, by the heartbeat timeout, with what its last heartbeat said', async () => {
    const { step } = await runJob(['silent', 'done']);
    expect(step.attempts[0]).toMatchObject({
      ended: 'worker-lost',
      code: ErrorCode.WorkerLost,
      machine: 'machine-1',
      lastStep: 114,
      checkpoint: 100,
    });
    expect(step.attempts[1]).toMatchObject({ ended: 'done', resumedFrom: 100 });
  });

  it('stops when the error budget is spent, and says how often it failed and why', async () => {
    const { result, inputs } = await runJob(['TrainerFailed'], { errors: 1 });
    expect(inputs).toHaveLength(2);
    expect(result).toMatchObject({ type: ErrorCode.TrainerFailed });
    expect(String(result)).toContain('failed 2 times, and the budget is 1 further attempts');
  });

  it('stops when the preemption budget is spent', async () => {
    const { result, inputs } = await runJob(['Preempted'], { max: 2 });
    expect(inputs).toHaveLength(3);
    expect(String(result)).toContain('preempted 3 times, and the budget is 2');
  });

  it.each([ErrorCode.OutOfMemory, ErrorCode.NoModel, ErrorCode.ResumeMismatch, ErrorCode.CommandNotFound])(
    'never retries %s unchanged',
    async (code) => {
      const { result, inputs } = await runJob([code]);
      expect(inputs).toHaveLength(1);
      expect(result).toMatchObject({ type: code });
    },
  );

  it('gives every attempt a later place in the order of claims', async () => {
    const { inputs } = await runJob(['Preempted', 'Preempted', 'done']);
    const orders = inputs.map(({ order, attempt }) => order * 1000 + attempt);
    expect([...orders].sort((a, b) => a - b)).toEqual(orders);
  });
});
