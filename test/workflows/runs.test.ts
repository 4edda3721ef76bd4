import type { JobInput, JobOutcome, RunStatus } from '@sluice/sdk';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { childrenOf } from '../harness/children.ts';
import { progress, stubActivities } from '../harness/stub-activities.ts';
import { type Kit, workflowKit } from '../harness/workflow-kit.ts';

const bad = new Set(['key-7', 'key-1503', 'b/ad=ключ %']);
let kit: Kit;
const seen: JobInput[] = [];

beforeAll(async () => {
  kit = await workflowKit((project, client) =>
    stubActivities(project, client, {
      step: async (input): Promise<JobOutcome> => {
        seen.push(input);
        const key = input.ref.keys.key;
        if (key !== undefined && bad.has(key)) {
          throw ApplicationFailure.create({
            type: 'TrainerFailed',
            message: `no luck with ${key}`,
            nonRetryable: true,
          });
        }
        return {
          result: { step: input.ref.step, keys: input.ref.keys, files: null, value: `value of ${input.ref.step}` },
          progress: progress(input),
        };
      },
    }),
  );
});
afterAll(() => kit.close());

describe('a pipeline run', () => {
  it('fails the start with every problem by path when parameters are wrong', async () => {
    const run = await kit.start('fan-out', { keys: ['a', 7], tolerate: 'many' });
    await expect(run.result()).rejects.toMatchObject({
      cause: { type: 'InvalidParams', message: expect.stringMatching(/keys\.1: .*; tolerate: /) },
    });
  });

  it('fails the start on a parameter that the pipeline does not have, also one that a Temporal client started', async () => {
    const run = await kit.start('fan-out', { keys: ['a'], concurency: 2 });
    await expect(run.result()).rejects.toMatchObject({
      cause: {
        type: 'InvalidParams',
        message: expect.stringContaining('concurency: there is no such parameter. Did you mean "concurrency"?'),
      },
    });
  });

  it('fails, and is not retried for ever, when its code throws a plain error', async () => {
    const run = await kit.start('throws-plain-error', {});
    await expect(run.result()).rejects.toMatchObject({
      cause: { type: 'RangeError', message: 'the author made a mistake' },
    });
    expect((await run.describe()).searchAttributes).toMatchObject({ SluiceState: ['failed'] });
  });

  it('refuses two steps of one name in one scope, and names both', async () => {
    const run = await kit.start('twins', {});
    await expect(run.result()).rejects.toMatchObject({
      cause: { type: 'DuplicateStep', message: expect.stringContaining('extract rows and extract rows') },
    });
  });
});

describe('map', () => {
  const keys = (n: number) => Array.from({ length: n }, (_, i) => `key-${i}`);

  it('settles every key and throws one error that lists the failed ones', async () => {
    const run = await kit.start('fan-out', { keys: ['key-1', 'key-7', 'b/ad=ключ %'] });
    const error = await run.result().catch((one: { cause: ApplicationFailure }) => one.cause);
    expect(error).toMatchObject({ type: 'MapFailed' });
    expect(String(error)).toContain('2 of 3 keys of map key failed: key-7: key=key-7/work: no luck with key-7');
    expect(String(error)).toContain('b/ad=ключ %:');
    expect(error.details?.[0]).toHaveLength(2);
  });

  it('runs 2,000 keys in children, keeps every result by key and the history within limits', {
    timeout: 480_000,
  }, async () => {
    seen.length = 0;
    const run = await kit.start('fan-out', { keys: keys(2000), tolerate: 2, concurrency: 100 });
    const result = await run.result();
    expect(result).toMatchObject({
      ok: 1998,
      failed: [
        { key: 'key-7', error: { code: 'TrainerFailed' } },
        { key: 'key-1503', error: { code: 'TrainerFailed' } },
      ],
      first: 'value of key=key-0/work',
      last: 'value of key=key-1999/work',
    });
    const parent = await run.describe();
    expect(parent.historyLength).toBeLessThan(1000);
    const last = (await childrenOf(kit.client, run.workflowId)).at(-1) ?? '';
    const child = await kit.client.workflow.getHandle(last).describe();
    expect(child.historyLength).toBeLessThan(5000);
    // The step before the map ran once, in the parent; every body ran once, or three times where it failed.
    const works = seen.filter(({ ref }) => ref.name === 'work');
    expect(seen.filter(({ ref }) => ref.name === 'before')).toHaveLength(1);
    expect(new Set(works.map(({ ref }) => ref.step)).size).toBe(2000);
    expect(
      works.every(({ ref, spec }) => ref.workflowId === run.workflowId && spec.hyper.before === 'value of before'),
    ).toBe(true);
  });

  it('never has more bodies under way than its concurrency', async () => {
    let now = 0;
    let most = 0;
    const narrow = await workflowKit((project, client) =>
      stubActivities(project, client, {
        step: async (input): Promise<JobOutcome> => {
          most = Math.max(most, ++now);
          await new Promise((resolve) => setImmediate(resolve));
          now--;
          return { result: { step: input.ref.step, keys: {}, files: null, value: null }, progress: progress(input) };
        },
      }),
    );
    try {
      const run = await narrow.start('fan-out', { keys: keys(40), concurrency: 3 });
      expect(await run.result()).toMatchObject({ ok: 40 });
      expect(most).toBeLessThanOrEqual(3);
      const status = await run.query<RunStatus>('status');
      expect(status.steps.find(({ kind }) => kind === 'map')?.note).toBe('40 done, 0 failed of 40');
    } finally {
      await narrow.close();
    }
  });
});
