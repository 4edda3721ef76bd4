import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  deploy,
  evaluate,
  extract,
  type JobInput,
  map,
  pipeline,
  python,
  type SluiceActivities,
  type StandardSchema,
  train,
  useRuntime,
} from '@sluice/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resolveConfig } from '../config/resolved-config.ts';
import { JobCache } from './job-cache.ts';
import { type LocalEvent, LocalRuntime, type LocalRuntimeOptions } from './local-runtime.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-local-'));
  await mkdir(join(root, 'trainers'));
  await writeFile(join(root, 'trainers', 'train.py'), 'print(1)\n');
});
afterEach(() => rm(root, { recursive: true, force: true }));

const anything: StandardSchema<object, object> = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value as object }) },
};

const flow = pipeline({
  name: 'flow',
  params: anything,
  async run() {
    const rows = await extract('rows', { sql: 'select 1' });
    const models = await map('airport', ['EWR', 'JFK'], {}, (airport) =>
      train('delay', { run: python('trainers/train.py'), data: { rows }, hyper: { airport } }),
    );
    const [model] = models;
    if (model === undefined) throw new Error('no model');
    const quality = await evaluate('holdout', { model, suite: 'eval/holdout' });
    return deploy('flow', { model, gates: [rows, quality], settle: true });
  },
});

/** Activities that remember what they were asked. */
function fakes() {
  const asked: { kind: string; input: unknown }[] = [];
  const answer = (kind: string, result: (input: never) => unknown) => async (input: never) => {
    asked.push({ kind, input });
    return result(input);
  };
  const activities = {
    extract: answer('extract', () => ({ kind: 'dataset', digest: 'd', name: 'rows', verdict: 'pass', evidence: [] })),
    train: answer('train', ({ ref }: JobInput) => ({ result: { kind: 'model', digest: `m-${ref.step}` } })),
    evaluate: answer('evaluate', () => ({ name: 'holdout', verdict: 'fail', evidence: [], candidate: 'm' })),
  } as unknown as SluiceActivities;
  return { activities, asked };
}

async function run(options: Partial<LocalRuntimeOptions> = {}, of: (input: object) => Promise<unknown> = flow) {
  const { activities, asked } = fakes();
  const events: LocalEvent[] = [];
  const runtime = new LocalRuntime({
    config: resolveConfig({ project: 'p', pipelines: [] }),
    activities,
    cache: new JobCache(root),
    upTo: null,
    hasStack: false,
    onEvent: (event) => events.push(event),
    ...options,
  });
  const restore = useRuntime(runtime);
  try {
    const output = await of({});
    return { output, runtime, events, asked };
  } finally {
    restore();
  }
}

const trained = (asked: readonly { kind: string; input: unknown }[]) =>
  asked.filter(({ kind }) => kind === 'train').map(({ input }) => (input as JobInput).ref.step);

describe('sluice step', () => {
  test('code of a map’s that throws is named by its line, and by its key', async () => {
    const raised = Object.assign(new ReferenceError('epoch is not defined'), {
      stack: `ReferenceError: epoch is not defined\n    at run (${root}/pipelines/a.ts:26:3)`,
    });
    const mapped = pipeline({
      name: 'mapped',
      params: anything,
      run: () => map('alpha', ['one'], {}, () => Promise.reject(raised)),
    });
    await expect(run({ root }, mapped)).rejects.toMatchObject({
      where: 'map alpha',
      message: expect.stringContaining('one: epoch is not defined (at pipelines/a.ts:26)'),
    });
  });

  test('ends at a deploy whose outcome nobody asks for: what stands after it waits for a deployment', async () => {
    let after = false;
    const two = pipeline({
      name: 'two',
      params: anything,
      async run() {
        const model = await train('model', { run: python('trainers/train.py') });
        await deploy('staging', { model, gates: [] });
        after = true;
      },
    });
    const { events } = await run({}, two);
    expect(events.map(({ type }) => type)).toContain('would-deploy');
    expect(after).toBe(false);
  });

  test('runs all steps, and says what a deploy would do instead of doing it', async () => {
    const { output, events, asked } = await run();
    expect(asked.map(({ kind }) => kind)).toEqual(['extract', 'train', 'train', 'evaluate']);
    expect(events.filter(({ type }) => type === 'would-deploy')).toHaveLength(1);
    expect(output).toMatchObject({
      state: 'expired',
      verdict: 'fail',
      reason: 'a local run deploys nothing, so nobody was asked',
    });
  });

  test('judges alone where there is no production', async () => {
    const { asked, events } = await run();
    expect(asked.at(-1)?.input).toMatchObject({ spec: { against: null } });
    expect(events.some(({ type }) => type === 'judged-alone')).toBe(true);
    const withStack = await run({ hasStack: true });
    expect(withStack.asked.at(-1)?.input).toMatchObject({ spec: { against: 'production' } });
  });

  test('stops after the step that was named, in every branch', async () => {
    const { asked, runtime } = await run({ upTo: 'delay' });
    expect(trained(asked).sort()).toEqual(['airport=EWR/delay', 'airport=JFK/delay']);
    expect(runtime.reached).toBe(true);
    expect(asked.some(({ kind }) => kind === 'evaluate')).toBe(false);
  });

  test('runs one branch where its path was named', async () => {
    const { asked, runtime } = await run({ upTo: 'airport=JFK/delay' });
    expect(trained(asked)).toEqual(['airport=JFK/delay']);
    expect(runtime.reached).toBe(true);
  });

  test('keeps the results of earlier jobs while spec and code are the same', async () => {
    await run();
    expect(trained((await run({ upTo: 'holdout' })).asked)).toEqual([]);
    expect(trained((await run({ upTo: 'holdout', fresh: true })).asked)).toHaveLength(2);
    await writeFile(join(root, 'trainers', 'train.py'), 'print(2)\n');
    expect(trained((await run({ upTo: 'holdout' })).asked)).toHaveLength(2);
  });

  test('runs the named job from the beginning when it had ended well, and goes on when it had not', async () => {
    const first = await run({ upTo: 'airport=EWR/delay' });
    expect(first.asked.at(-1)?.input).toMatchObject({ spec: { resume: 'same' } });
    const again = await run({ upTo: 'airport=EWR/delay' });
    expect(again.asked.at(-1)?.input).toMatchObject({ spec: { resume: 'never' } });
  });

  test('says which steps there were when none has the name', async () => {
    const { runtime } = await run({ upTo: 'dellay' });
    expect(runtime.reached).toBe(false);
    expect(runtime.steps).toEqual(['rows', 'airport=EWR/delay', 'airport=JFK/delay', 'holdout', 'flow']);
  });

  test('passes a failure on with its code', async () => {
    const { activities } = fakes();
    const failing = {
      ...activities,
      extract: () => Promise.reject(Object.assign(new Error('no'), { code: 'InvalidSql' })),
    };
    await expect(run({ activities: failing })).rejects.toMatchObject({ code: 'InvalidSql' });
  });
});
