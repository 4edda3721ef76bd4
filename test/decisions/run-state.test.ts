import type { RolloutOutcome, RunStatus, Signal } from '@sluice/sdk';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { decide } from '../../packages/cli/src/commands/decide.ts';
import { followCommand } from '../../packages/cli/src/commands/follow.ts';
import type { Io } from '../../packages/cli/src/commands/io.ts';
import { exitCodeOfState } from '../../packages/cli/src/exit-code.ts';
import { plainPaint } from '../../packages/cli/src/follow/colours.ts';
import { Lookout } from '../../packages/cli/src/follow/look.ts';
import { plainRenderer } from '../../packages/cli/src/follow/renderer.ts';
import { plainTarget } from '../../packages/cli/src/run/temporal-target.ts';
import { deployed, progress, stubActivities } from '../harness/stub-activities.ts';
import { untilState, untilStatus } from '../harness/wait-for.ts';
import { type Kit, workflowKit } from '../harness/workflow-kit.ts';

const rolloutFinished: (typeof Signal)['rolloutFinished'] = 'rolloutFinished';

/** What people are told of a run. */
describe('the state of a run', () => {
  let kit: Kit;
  /** Endpoints whose rollouts end badly. */
  let bad: string[] = [];
  /** Holds up the record of a decision. */
  let recorded: Promise<void> | null = null;

  beforeAll(async () => {
    kit = await workflowKit((project, client) =>
      stubActivities(project, client, {
        recordDecision: async () => {
          await recorded;
          return { kind: 'report', uri: 'sluice:blob/00', digest: `sha256:${'0'.repeat(64)}`, bytes: 1 };
        },
        requestRollout: async ({ request }) => {
          const went: RolloutOutcome = deployed(request.id);
          const outcome: RolloutOutcome = bad.includes(request.endpoint)
            ? { ...went, state: 'rolled-back', reason: 'errors 40 %' }
            : went;
          await client.workflow.getHandle(request.replyTo).signal(rolloutFinished, outcome);
          return { accepted: true, why: null, outcome: null };
        },
        step: async (input) => {
          if (input.ref.keys.key === 'b') throw ApplicationFailure.nonRetryable('no data', 'InvalidStep');
          return {
            result: { step: input.ref.step, keys: input.ref.keys, files: null, value: 1 },
            progress: progress(input),
          };
        },
      }),
    );
  });
  afterAll(() => kit.close());

  it.each([
    ['the first', ['staging']],
    ['the second', ['production']],
  ])('is rolled back where %s of two deploys was, and each deploy says how it ended', async (_, endpoints) => {
    bad = endpoints;
    const run = await kit.start('staged', { settle: true });
    for (const step of ['staging', 'production']) {
      await untilStatus(run, `the question of ${step}`, ({ gates }) => gates[0]?.step === step);
      await run.signal('approve', { by: 'ana', step });
    }
    await run.result();
    const status = await run.query<RunStatus>('status');
    expect(status.state).toBe('rolled-back');
    expect(exitCodeOfState(status.state)).toBe(5);
    const outcomes = status.steps.filter(({ kind }) => kind === 'deploy').map(({ step, outcome }) => [step, outcome]);
    expect(outcomes).toEqual(
      ['staging', 'production'].map((step) => [step, bad.includes(step) ? 'rolled-back' : 'deployed']),
    );
    expect((await run.describe()).searchAttributes).toMatchObject({ SluiceState: ['rolled-back'] });
    bad = [];
  });

  it('leaves blocked with the answer that an override counts, and not when that is recorded', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    recorded = promise;
    const run = await kit.start('gated', { verdict: 'fail' });
    await untilState(run, 'blocked');
    await decide(kit.client, run.workflowId, { decision: 'override', by: 'ana', reason: 'known' });
    const { status } = await new Lookout(kit.client, run.workflowId).look();
    resolve();
    recorded = null;
    expect(status).toMatchObject({ state: 'running', gates: [], decisions: [{ decision: 'override' }] });
    expect(status.steps.at(-1)).toMatchObject({ step: 'shop', state: 'running' });
    await run.result();
  });

  it('lets a follow begun right after an override end with the run, twenty times of twenty', async () => {
    const runs = await Promise.all(Array.from({ length: 20 }, () => kit.start('gated', { verdict: 'fail' })));
    for (const run of runs) {
      await untilState(run, 'blocked');
      await decide(kit.client, run.workflowId, { decision: 'override', by: 'ana', reason: 'known' });
      const notes: string[] = [];
      const code = await followCommand({
        client: kit.client,
        target: plainTarget(inject('temporal').address, 'default', 'flags', null),
        root: process.cwd(),
        workflowId: run.workflowId,
        wait: 'end',
        io: { ...quiet, note: (text) => notes.push(text) },
      });
      expect({ code, notes }).toEqual({ code: 0, notes: [] });
    }
  });

  it('is done where a map came within its tolerance: the map too, and the failed key is a tolerated one', async () => {
    const run = await kit.start('fan-out', { keys: ['a', 'b', 'c'], tolerate: 1 });
    await run.result();
    const { state, steps } = await run.query<RunStatus>('status');
    expect(state).toBe('done');
    expect(steps.find(({ step }) => step === 'key')).toMatchObject({
      state: 'done',
      note: '2 done, 1 failed of 3, tolerated',
    });
    expect(steps.find(({ step }) => step === 'key=b/work')).toMatchObject({ state: 'failed', tolerated: true });
    expect(steps.filter(({ tolerated }) => tolerated)).toHaveLength(1);
  });

  it('is failed where one key more failed than a map tolerates, and no key is called tolerated', async () => {
    const run = await kit.start('fan-out', { keys: ['a', 'b', 'c'], tolerate: 0 });
    await run.result().catch(() => {});
    const { state, steps } = await run.query<RunStatus>('status');
    expect(state).toBe('failed');
    expect(steps.find(({ step }) => step === 'key')).toMatchObject({ state: 'failed' });
    expect(steps.filter(({ tolerated }) => tolerated)).toEqual([]);
  });
});

const quiet: Io = {
  json: false,
  columns: 80,
  paint: plainPaint,
  line: () => {},
  object: () => {},
  note: () => {},
  renderer: () => plainRenderer(() => {}, plainPaint),
};
