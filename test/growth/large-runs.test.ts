import { fileURLToPath } from 'node:url';
import type { JobInput, JobOutcome, Json, Model } from '@sluice/sdk';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { digestOf, modelOf, progress, stubActivities } from '../harness/stub-activities.ts';
import { workflowCode } from '../harness/workflow-code.ts';
import { type Kit, workflowKit } from '../harness/workflow-kit.ts';

const metrics = Object.fromEntries(
  Array.from({ length: 64 }, (_, i) => [`validation.slice-${i}.rmse`, Math.sqrt(i + 2)]),
);
const rows = Array.from({ length: 20 }, (_, i) => ({ slice: `carrier-${i}`, metric: 'rmse', value: Math.sqrt(i + 2) }));
const charged: string[] = [];
let kit: Kit;

/** A model with as many metrics as one may have; steps return what their name says. */
async function job(input: JobInput): Promise<JobOutcome> {
  const { ref, spec } = input;
  if (spec.kind === 'step') {
    const value: Json = ref.name === 'before' ? 'ö'.repeat(600_000) : rows;
    return { result: { step: ref.step, keys: ref.keys, files: null, value }, progress: progress(input) };
  }
  const parents = spec.models.map(({ digest }) => digest);
  const model: Model = { ...modelOf(ref.step, ref.keys), metrics, digest: digestOf(ref.step) };
  return { result: { ...model, lineage: { ...model.lineage, parents } }, progress: progress(input) };
}

beforeAll(async () => {
  const bundle = await workflowCode(fileURLToPath(new URL('../fixtures/growing-entry.ts', import.meta.url)));
  kit = await workflowKit(
    (project, client) =>
      Object.assign(stubActivities(project, client, { train: job, merge: job, step: job }), {
        charge: async (what: string) => charged.push(what),
      }),
    { bundle },
  );
});
afterAll(() => kit.close());

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
});

it('starts 400 steps of 20 kB each at once, in messages that the server takes', { timeout: 240_000 }, async () => {
  const run = await kit.start('starts-much', { keys: 400, bytes: 20_000 });
  expect(await run.result()).toBe(400);
  const { events } = await run.fetchHistory();
  expect(events?.filter((event) => event.workflowTaskFailedEventAttributes)).toEqual([]);
});

it('refuses a value of 70 MB before it is sent, naming step and size', async () => {
  const run = await kit.start('passes-too-much', { megabytes: 70 });
  expect(await run.result()).toMatch(/^TooLarge: .*huge.*73\.4 MB/);
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

it('fails the keys of a large map, and does not hang, where the code before it waits for a signal', async () => {
  const run = await kit.start('uses-temporal', { keys: 501, before: 'condition' });
  await run.signal('go');
  await expect(run.result()).rejects.toMatchObject({
    cause: { type: 'MapFailed', message: expect.stringContaining('waits for something that is no step') },
  });
});

it('runs Temporal’s own primitives in the bodies of a large map and after it, once each', {
  timeout: 240_000,
}, async () => {
  charged.length = 0;
  const run = await kit.start('uses-temporal', { keys: 501, before: 'nothing' });
  expect(await run.result()).toBe(501);
  expect(new Set(charged).size).toBe(501);
  expect(charged).toHaveLength(501);
});
