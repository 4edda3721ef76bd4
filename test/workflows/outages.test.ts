import { describeAttempts, ErrorCode, type JobInput, type JobOutcome, type RunStatus } from '@sluice/sdk';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { modelOf, progress, stubActivities } from '../harness/stub-activities.ts';
import { waitFor } from '../harness/wait-for.ts';
import { workflowKit } from '../harness/workflow-kit.ts';

/** Starts the `jobs` pipeline with a trainer whose attempts end as told; the last entry ends all further ones. */
async function start(ends: readonly string[], params: object) {
  const inputs: JobInput[] = [];
  const kit = await workflowKit((project, client) => {
    const stubs = stubActivities(project, client, {
      train: async (input): Promise<JobOutcome> => {
        inputs.push(input);
        const end = ends[input.attempt - 1] ?? ends.at(-1) ?? 'done';
        if (end === 'silent') return new Promise(() => {});
        if (end === 'long') {
          const context = Context.current();
          const beat = setInterval(() => context.heartbeat(), 200);
          return context.cancelled.finally(() => clearInterval(beat));
        }
        if (end === 'done') return { result: modelOf(input.ref.step), progress: progress(input) };
        throw ApplicationFailure.create({
          type: end,
          message: `the store says ${end}`,
          nonRetryable: true,
          details: [],
        });
      },
    });
    log = stubs.log;
    return stubs;
  });
  const run = await kit.start('jobs', params);
  const step = async () => {
    const [first] = (await run.query<RunStatus>('status')).steps;
    if (first === undefined) throw new Error('the run has no step yet');
    return first;
  };
  return { kit, run, step, inputs, told: () => log?.notifications ?? [] };
}
let log: ReturnType<typeof stubActivities>['log'] | undefined;

describe('an outage', () => {
  it('is waited out in front of everybody, and spends no budget', async () => {
    const { kit, run, step, inputs } = await start(
      ['Unreachable', 'Unreachable', 'Unreachable', 'StorageFull', 'done'],
      { errors: 0, max: 0 },
    );
    const paused = await waitFor('a pause that is shown', async () => {
      const { pause } = await step();
      return pause !== undefined && pause.until - pause.since > 2000 ? pause : null;
    });
    expect(paused).toMatchObject({ code: 'Unreachable', message: 'the store says Unreachable' });
    expect(await run.result()).toMatchObject({ kind: 'model' });
    const over = await step();
    expect(over.pause).toBeUndefined();
    expect(inputs.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5]);
    expect(over.attempts.map(({ attempt, ended, code }) => [attempt, ended, code])).toEqual([
      [3, 'infrastructure', 'Unreachable'],
      [4, 'infrastructure', 'StorageFull'],
      [5, 'done', null],
    ]);
    expect(describeAttempts(over)).toMatch(/^errors 0\/0, preemptions 0\/0, 2 outages waited out/);
    await kit.close();
  });

  it('is bounded by the deadline alone, which says what failed last; and the run’s end is told', async () => {
    const { kit, run, inputs, told } = await start(['Unreachable'], { errors: 0, deadline: '5 seconds' });
    const failure = await run.result().then(
      () => null,
      (error: Error) => error.cause,
    );
    expect(failure).toMatchObject({
      type: ErrorCode.BudgetSpent,
      message: expect.stringContaining(
        'the deadline of 5 s over all attempts has passed. What failed last: the store says Unreachable [Unreachable]',
      ),
    });
    // At once, after 1 s and after 3 s; the next one would be after 7 s.
    expect(inputs.length).toBeGreaterThanOrEqual(2);
    expect(inputs.length).toBeLessThanOrEqual(3);
    expect(told()).toMatchObject([
      {
        event: 'failed',
        run: run.workflowId,
        step: null,
        text: expect.stringContaining(`${run.workflowId} failed: BudgetSpent: `),
        commands: [`sluice status ${run.workflowId}`],
      },
    ]);
    await kit.close();
  });

  it('says so too where the deadline comes in the middle of an attempt', async () => {
    const { kit, run } = await start(['Unreachable', 'long'], { errors: 0, deadline: '5 seconds' });
    const failure = await run.result().then(
      () => null,
      (error: Error) => error.cause,
    );
    const why = 'the deadline of 5 s over all attempts has passed. What failed last: the store says Unreachable';
    expect(failure).toMatchObject({ type: ErrorCode.BudgetSpent, message: expect.stringContaining(why) });
    await kit.close();
  });

  it('a run that goes well, or is cancelled, is not told as failed', async () => {
    const well = await start(['done'], {});
    await well.run.result();
    expect(well.told()).toEqual([]);
    await well.kit.close();
    const { kit, run, step, told } = await start(['Unreachable'], {});
    await waitFor('a pause', async () => (await step()).pause !== undefined);
    await run.cancel();
    await expect(run.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    expect(told()).toEqual([]);
    await kit.close();
  });
});

it('a worker that is lost on a class that is not interruptible is missed for a while', async () => {
  const { kit, run, step } = await start(['silent', 'silent', 'done'], { on: 'gpu', errors: 0 });
  expect(await run.result()).toMatchObject({ kind: 'model' });
  const { attempts } = await step();
  expect(attempts.map(({ ended }) => ended)).toEqual(['worker-lost', 'worker-lost', 'done']);
  const [first, second, third] = attempts;
  expect((second?.start ?? 0) - (first?.start ?? 0)).toBeGreaterThanOrEqual(2000 + 1000);
  expect((third?.start ?? 0) - (second?.start ?? 0)).toBeGreaterThanOrEqual(2000 + 2000);
  void kit.close().catch(() => {}); // an activity that is silent never ends
});

it('the end of maxRuntime is the attempt’s own to time, and without one nothing ends it', async () => {
  const limits: number[] = [];
  const kit = await workflowKit((project, client) =>
    stubActivities(project, client, {
      train: async (input): Promise<JobOutcome> => {
        limits.push(Context.current().info.startToCloseTimeoutMs / 1000);
        return { result: modelOf(input.ref.step), progress: progress(input) };
      },
    }),
  );
  for (const maxRuntime of ['30 days', null])
    await (await kit.start('jobs', { maxRuntime, deadline: '900 days' })).result();
  expect(limits[0]).toBeGreaterThan(30 * 86_400);
  expect(limits[1]).toBeGreaterThan(365 * 86_400);
  await kit.close();
});
