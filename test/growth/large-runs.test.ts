import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectConverter } from '@sluice/activities/payloads';
import type { JobInput, JobOutcome, Json, Model, RunStatus } from '@sluice/sdk';
import { Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { retryRun } from '../../packages/cli/src/run/retry-run.ts';
import { plainTarget } from '../../packages/cli/src/run/temporal-target.ts';
import { digestOf, modelOf, progress, stubActivities } from '../harness/stub-activities.ts';
import { waitFor } from '../harness/wait-for.ts';
import { workflowCode } from '../harness/workflow-code.ts';
import { type Kit, workflowKit } from '../harness/workflow-kit.ts';

const metrics = Object.fromEntries(
  Array.from({ length: 64 }, (_, i) => [`validation.slice-${i}.rmse`, Math.sqrt(i + 2)]),
);
const rows = Array.from({ length: 20 }, (_, i) => ({ slice: `carrier-${i}`, metric: 'rmse', value: Math.sqrt(i + 2) }));
const texts: Record<string, string> = { before: 'ö'.repeat(600_000), result: 'x'.repeat(70 * 2 ** 20) };
const charged: string[] = [];
let kit: Kit;
let bundle: WorkflowBundleWithSourceMap;

/** A model with as many metrics as one may have; steps return what their name says. */
async function job(input: JobInput): Promise<JobOutcome> {
  const { ref, spec } = input;
  if (spec.kind === 'step') {
    const value: Json = texts[ref.name] ?? rows;
    return { result: { step: ref.step, keys: ref.keys, files: null, value }, progress: progress(input) };
  }
  const parents = spec.models.map(({ digest }) => digest);
  const model: Model = { ...modelOf(ref.step, ref.keys), metrics, digest: digestOf(ref.step) };
  return { result: { ...model, lineage: { ...model.lineage, parents } }, progress: progress(input) };
}

beforeAll(async () => {
  bundle = await workflowCode(fileURLToPath(new URL('../fixtures/growing-entry.ts', import.meta.url)));
  kit = await workflowKit(
    (project, client) =>
      Object.assign(stubActivities(project, client, { train: job, merge: job, step: job }), {
        charge: async (what: string) => charged.push(what),
      }),
    { bundle },
  );
});
afterAll(() => kit.close());

const retry = (workflowId: string, from: string) =>
  retryRun({
    client: kit.client,
    target: {
      ...plainTarget(inject('temporal').address, 'default', 'flags', null),
      dataConverter: projectConverter({ root: kit.root, config: {} }),
    },
    ...{ workflowId, from, root: kit.root, by: 'ana', dryRun: true },
    workflowBundle: async () => bundle,
  });

it('merges the 800 models of a map, each with 64 metrics', { timeout: 240_000 }, async () => {
  const run = await kit.start('merges-many', { keys: 800 });
  expect(await run.result()).toEqual({ models: 800, merged: 800 });
});

it('returns a model and two reports of 20 rows for each of 800 keys', { timeout: 300_000 }, async () => {
  const run = await kit.start('returns-much', { keys: 800 });
  expect(await run.result()).toEqual({ keys: 800, last: 'key=key-799/errors' });
});

it('hands a result of 1.2 MB to the children of a map of 501 keys', { timeout: 240_000 }, async () => {
  const run = await kit.start('hands-much', { keys: 501 });
  expect(await run.result()).toEqual([600_000]);
  // The history has references, and is replayed where the store is in reach.
  expect((await run.describe()).historySize).toBeLessThan(100_000);
  const history = await run.fetchHistory();
  const dataConverter = projectConverter({ root: kit.root, config: {} });
  await Worker.runReplayHistory({ workflowBundle: bundle, dataConverter }, history, run.workflowId);
});

it('starts 400 steps of 20 kB each at once, in messages that the server takes', { timeout: 240_000 }, async () => {
  const run = await kit.start('starts-much', { keys: 400, bytes: 20_000 });
  expect(await run.result()).toBe(400);
  const { events } = await run.fetchHistory();
  expect(events?.filter((event) => event.workflowTaskFailedEventAttributes)).toEqual([]);
  // Its history is larger than gRPC's default for one message, 4 MiB.
  expect((await run.describe()).historySize).toBeGreaterThan(8_000_000);
  const plan = await retry(run.workflowId, 'key=key-7');
  expect(plan.steps.find(({ step }) => step === 'key=key-7/work')).toMatchObject({ fate: 'rerun' });
});

it('says what a retry would do with steps whose specs lie in the store', { timeout: 240_000 }, async () => {
  const run = await kit.start('starts-much', { keys: 3, bytes: 100_000 });
  expect(await run.result()).toBe(3);
  expect((await run.describe()).historySize).toBeLessThan(50_000);
  const { steps } = await retry(run.workflowId, 'key=key-1/work');
  expect(steps.map(({ step }) => step)).toEqual(['key=key-0/work', 'key=key-1/work', 'key=key-2/work']);
});

it('stands still, saying why, while the store is away, and goes on when it is back', async () => {
  const run = await kit.start('waits-with-much', {});
  await waitFor('the big result', async () => (await run.query<RunStatus>('status')).steps[0]?.state === 'done');
  const payloads = join(kit.root, '.sluice/store/payloads');
  await kit.stopWorker();
  await rename(payloads, `${payloads}.away`);
  await kit.startWorker();
  await run.signal('go');
  const failed = await waitFor('a failed task', async () => {
    const { events } = await run.fetchHistory();
    return events?.find((event) => event.workflowTaskFailedEventAttributes);
  });
  expect(failed.workflowTaskFailedEventAttributes?.failure?.message).toMatch(/not in the artifact store.*payloads/);
  await rename(`${payloads}.away`, payloads);
  expect(await run.result()).toBe(600_000);
});

it.each([
  ['spec', /^TooLarge: spec: .*73\.4 MB/],
  ['result', /^TooLarge: result: .*7340\d{4} bytes/],
])('refuses a %s of 70 MB before it is sent, naming step and size', async (how, words) => {
  const run = await kit.start('passes-too-much', { how, megabytes: 70 });
  expect(await run.result()).toMatch(words);
});

it('fails a pipeline that returns 70 MB, and its state says so', async () => {
  const run = await kit.start('passes-too-much', { how: 'return', megabytes: 70 });
  await expect(run.result()).rejects.toMatchObject({ cause: { type: 'TooLarge' } });
  expect((await run.describe()).searchAttributes).toMatchObject({ SluiceState: ['failed'] });
});

it.each([
  ['activity', 'the activity charge'],
  ['timer', 'a timer'],
])('refuses a map of 501 keys after the author’s own %s, which every child would repeat', async (before, named) => {
  charged.length = 0;
  const run = await kit.start('uses-temporal', { keys: 501, before });
  await expect(run.result()).rejects.toMatchObject({
    cause: { type: 'InvalidStep', message: expect.stringContaining(named) },
  });
  expect(charged).toEqual(before === 'activity' ? ['the team'] : []);
});

it.each([
  ['before the map for a signal', { before: 'condition' }, 'waits for something that is no step'],
  ['in the map for a signal', { before: 'nothing', inside: 'condition' }, 'waits for something that is no step'],
  ['in the map for a step outside', { before: 'nothing', inside: 'step' }, 'waits for the step unfinished'],
])('fails the keys of a large map, and does not hang, where code waits %s', async (_, params, words) => {
  const run = await kit.start('uses-temporal', { keys: 501, ...params });
  await run.signal('go');
  await expect(run.result()).rejects.toMatchObject({
    cause: { type: 'MapFailed', message: expect.stringContaining(words) },
  });
});

it('runs Temporal’s own primitives in the bodies of a large map and after it, once each', {
  timeout: 240_000,
}, async () => {
  charged.length = 0;
  const run = await kit.start('uses-temporal', { keys: 501, before: 'nothing', inside: 'siblings' });
  expect(await run.result()).toBe(501);
  expect(new Set(charged).size).toBe(501);
  expect(charged).toHaveLength(501);
});
