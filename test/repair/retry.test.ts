import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ErrorCode, type JobInput, type StepStatus } from '@sluice/sdk';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { withRan } from '../../packages/activities/src/with-ran.ts';
import { UsageError } from '../../packages/cli/src/errors.ts';
import { type RetryOptions, retryRun } from '../../packages/cli/src/run/retry-run.ts';
import { plainTarget } from '../../packages/cli/src/run/temporal-target.ts';
import { digestOf, progress, reportOf, stubActivities } from '../harness/stub-activities.ts';
import { untilState, waitFor } from '../harness/wait-for.ts';
import { fixtureBundle, type Kit, workflowKit } from '../harness/workflow-kit.ts';
import { eventsOf, resetTo } from './reset.ts';

const exec = promisify(execFile);

describe('retry --from', () => {
  let kit: Kit;
  let log: ReturnType<typeof stubActivities>['log'];
  /** Keys of `fan-out` whose step fails. */
  const broken = new Set<string>();
  /** What the steps of keys add to their value. */
  /** What the steps of keys wait for. */
  let held: Promise<void> | null = null;

  beforeAll(async () => {
    kit = await workflowKit((project, client) => {
      const step = async (input: JobInput) => {
        const { key } = input.ref.keys;
        if (key !== undefined && broken.has(key)) {
          throw ApplicationFailure.nonRetryable(`no data for ${key}`, ErrorCode.InvalidStep);
        }
        if (key !== undefined) await held;
        const result = {
          step: input.ref.step,
          keys: input.ref.keys,
          files: null,
          value: `value of ${input.ref.step}`,
        };
        return { result, progress: progress(input) };
      };
      const activities = stubActivities(project, client, {
        step,
        evaluate: withRan(async ({ ref, spec }) => reportOf(ref.step, spec.model)),
      });
      log = activities.log;
      return activities;
    });
  });
  afterAll(() => kit.close());

  const retry = (workflowId: string, from: string, more: Partial<RetryOptions> = {}) =>
    retryRun({
      client: kit.client,
      target: plainTarget(inject('temporal').address, 'default', 'flags', null),
      workflowId,
      from,
      root: tmpdir(),
      workflowBundle: fixtureBundle,
      by: 'ana',
      ...more,
    });
  const stepsDone = (workflowId: string) =>
    log.calls
      .filter(({ name }) => name !== 'notify')
      .map(({ input }) => input as JobInput)
      .filter((input) => input?.ref?.workflowId === workflowId)
      .map(({ ref }) => ref.step);

  it('lists the steps of the run where it has no such step', async () => {
    const run = await kit.start('gated', {});
    await untilState(run, 'awaiting-approval');
    const error = await retry(run.workflowId, 'qualty').catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).message).toContain(`${run.workflowId} has begun no step "qualty"`);
    expect((error as UsageError).message).toContain('quality');
    expect((error as UsageError).fix).toContain('model, quality, shop');
    await run.signal('reject', { by: 'ana' });
    await run.result();
  });

  it('runs a branch of a map again, and keeps the branches that were done before it', async () => {
    broken.add('b');
    const run = await kit.start('fan-out', { keys: ['a', 'b', 'c'], concurrency: 1 });
    await expect(run.result()).rejects.toThrow();
    expect(stepsDone(run.workflowId)).toEqual(['before', 'key=a/work', 'key=b/work', 'key=c/work']);
    broken.clear();
    const outcome = await retry(run.workflowId, 'key=b');
    expect(outcome.steps).toEqual([
      { step: 'before', fate: 'reused', why: 'it was done before' },
      { step: 'key=a/work', fate: 'reused', why: 'it was done before' },
      { step: 'key=b/work', fate: 'rerun', why: 'it was asked for' },
      { step: 'key=c/work', fate: 'rerun', why: 'it comes after key=b' },
    ]);
    expect(await kit.client.workflow.getHandle(run.workflowId).result()).toMatchObject({ ok: 3, failed: [] });
    expect(stepsDone(run.workflowId).slice(4)).toEqual(['key=b/work', 'key=c/work']);
  });

  it('leaves time and cost of the job before it as they were: nobody worked while it waited for the retry', async () => {
    const run = await kit.start('gated', {});
    const asked = await untilState(run, 'awaiting-approval');
    const modelIn = ({ steps }: typeof asked) => steps.find(({ step }) => step === 'model');
    const before = modelIn(asked);
    await retry(run.workflowId, 'quality');
    const again = kit.client.workflow.getHandle(run.workflowId);
    const after = modelIn(await untilState(again, 'awaiting-approval'));
    // After a local activity, which is how settings are read, Temporal's clock of a replay is some ms behind what it was.
    expect(Math.abs((after?.start ?? 0) - (before?.start ?? 0))).toBeLessThan(1000);
    expect(withoutStart(after)).toEqual(withoutStart(before));
    expect(after?.attempts).toMatchObject([{ ended: 'done', end: before?.end }]);
    await again.signal('reject', { by: 'ana' });
    await again.result();
  });

  it.each([
    ['a map', 'two-gates', 'shop', 'deploy-0'],
    ['a measurement', 'gated', 'quality', 'shop'],
  ])('leaves the time of %s before it as it was', async (_, pipeline, kept, from) => {
    const { workflowId } = await kit.start(pipeline, {});
    const latest = () => kit.client.workflow.getHandle(workflowId);
    const end = async () =>
      (await untilState(latest(), 'awaiting-approval')).steps.find(({ step }) => step === kept)?.end;
    const before = await end();
    expect(before).toBeGreaterThan(0);
    await retry(workflowId, from);
    // Heard of anew by the retry, and no later than it was.
    expect(await end()).toBeLessThanOrEqual(before ?? 0);
    await latest().terminate();
  });

  it('runs all branches of a map again that began together with the one meant', async () => {
    const run = await kit.start('fan-out', { keys: ['a', 'b'], concurrency: 2 });
    await run.result();
    const { steps } = await retry(run.workflowId, 'key=b/work');
    expect(steps.map(({ step, fate, why }) => [step, fate, why])).toEqual([
      ['before', 'reused', 'it was done before'],
      ['key=a/work', 'rerun', 'it was begun together with key=b/work'],
      ['key=b/work', 'rerun', 'it was asked for'],
    ]);
    await kit.client.workflow.getHandle(run.workflowId).result();
    expect(stepsDone(run.workflowId).filter((step) => step === 'key=a/work')).toHaveLength(2);
  });

  it('runs a large map again, whose keys run in children', async () => {
    const keys = Array.from({ length: 501 }, (_, i) => `k${i}`);
    broken.add('k500');
    const run = await kit.start('fan-out', { keys });
    await expect(run.result()).rejects.toThrow();
    broken.clear();
    const { steps } = await retry(run.workflowId, 'key');
    expect(steps.map(({ step, fate }) => `${step} ${fate}`)).toEqual(['before reused', 'key rerun']);
    expect(await kit.client.workflow.getHandle(run.workflowId).result()).toMatchObject({ ok: 501, failed: [] });
    expect(stepsDone(run.workflowId).filter((step) => step === 'before')).toHaveLength(1);
  });

  describe('a large map whose children run', () => {
    /** A run that is taken back by `reset` while its first keys wait. */
    async function underWay(reset: (workflowId: string) => Promise<unknown>): Promise<string> {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      const run = await kit.start('fan-out', { keys: Array.from({ length: 501 }, (_, i) => `k${i}`) });
      await waitFor('keys under way', async () => stepsDone(run.workflowId).length > 20);
      held = null;
      await reset(run.workflowId);
      resolve();
      expect(await kit.client.workflow.getHandle(run.workflowId).result()).toMatchObject({ ok: 501, failed: [] });
      return run.workflowId;
    }

    it('is run anew by a retry from it, and its children end', async () => {
      await underWay((workflowId) => retry(workflowId, 'key'));
    });

    it('keeps the children that a reset to a later point leaves it', async () => {
      const workflowId = await underWay(async (id) => {
        const tasks = (await eventsOf(kit.client, id)).filter((event) => event.workflowTaskCompletedEventAttributes);
        await resetTo(kit.client, id, Number(tasks.at(-1)?.eventId));
      });
      const steps = stepsDone(workflowId);
      expect(new Set(steps).size).toBe(steps.length);
    });
  });

  it('takes a run that is under way back, and ends the execution that was', async () => {
    const run = await kit.start('gated', {});
    await untilState(run, 'awaiting-approval');
    const { runId } = await retry(run.workflowId, 'quality');
    const again = kit.client.workflow.getHandle(run.workflowId);
    expect((await again.describe()).runId).toBe(runId);
    expect((await kit.client.workflow.getHandle(run.workflowId, run.firstExecutionRunId).describe()).status.name).toBe(
      'TERMINATED',
    );
    await untilState(again, 'awaiting-approval');
    expect(stepsDone(run.workflowId).filter((step) => step === 'model')).toHaveLength(1);
    expect(stepsDone(run.workflowId).filter((step) => step === 'quality')).toHaveLength(2);
    await again.signal('approve', { by: 'ana', candidate: digestOf('model') });
    expect(await again.result()).toMatchObject({ state: 'deployed' });
  });

  it('changes nothing where it only says what it would do', async () => {
    const run = await kit.start('gated', {});
    await untilState(run, 'awaiting-approval');
    const { runId, steps } = await retry(run.workflowId, 'quality', { dryRun: true });
    expect(runId).toBeNull();
    expect(steps.map(({ step, fate }) => `${step} ${fate}`)).toEqual(['model reused', 'quality rerun', 'shop rerun']);
    expect((await kit.client.workflow.getHandle(run.workflowId).describe()).runId).toBe(run.firstExecutionRunId);
    await run.signal('reject', { by: 'ana' });
    await run.result();
  });

  it('goes on with the original code only where the checkout is what the run was started from', async () => {
    const root = await mkdtemp(join(tmpdir(), 'sluice-checkout-'));
    onTestFinished(() => rm(root, { recursive: true, force: true }));
    const git = async (...args: string[]) =>
      (await exec('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd: root })).stdout.trim();
    await git('init', '-q');
    await writeFile(join(root, 'a.txt'), '1');
    await git('add', '.');
    await git('commit', '-q', '-m', 'one');
    const commit = await git('rev-parse', 'HEAD');
    const finished = async (memo: Record<string, unknown>) => {
      const run = await kit.start('fan-out', { keys: ['a'] }, { memo });
      await run.result();
      return run.workflowId;
    };
    const clean = await finished({ commit, dirty: false });
    const dirty = await finished({ commit, dirty: true });
    const unknown = await finished({});

    const original = { root, code: 'original' } as const;
    await expect(retry(unknown, 'key', original)).rejects.toThrow(/The run's code is not known/);
    await expect(retry(dirty, 'key', original)).rejects.toThrow(new RegExp(`was ${commit.slice(0, 12)} with changes`));
    expect((await retry(clean, 'key', original)).runId).not.toBeNull();
    await kit.client.workflow.getHandle(clean).result();

    await writeFile(join(root, 'a.txt'), '2');
    await expect(retry(clean, 'key', original)).rejects.toThrow(/and the checkout is [0-9a-f]{12} with changes/);
    await git('commit', '-q', '-a', '-m', 'two');
    const moved = await retry(clean, 'key', original).catch((failure: unknown) => failure);
    expect(moved).toBeInstanceOf(UsageError);
    expect((moved as UsageError).fix).toContain(`Check out ${commit.slice(0, 12)}`);
    expect((await retry(clean, 'key', { root, code: 'current' })).runId).not.toBeNull();
    await kit.client.workflow.getHandle(clean).result();
  });
});

function withoutStart(step: StepStatus | undefined) {
  if (step === undefined) return undefined;
  return { ...step, start: null, attempts: step.attempts.map((attempt) => ({ ...attempt, start: null })) };
}
