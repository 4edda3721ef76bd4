import type { Client } from '@temporalio/client';
import { expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import {
  type Dataset,
  type Deployed,
  type DeployResult,
  deploy,
  evaluate,
  extract,
  type MapResult,
  type Model,
  map,
  merge,
  pipeline,
  python,
  type Report,
  recordPlan,
  replay,
  type StandardSchema,
  type StepOutput,
  step,
  train,
} from './index.ts';

/**
 * What the types promise, checked by `tsc`: nothing of this runs. An `@ts-expect-error` says why the line under it
 * must not compile; where it compiles after all, `tsc` reports the comment.
 */

const run = python('train.py');

const flightDelays = pipeline({
  name: 'flight-delays',
  params: z.object({
    airports: z.array(z.string()).default(['EWR']),
    until: z.iso.date(),
    epochs: z.coerce.number<string>().default(20),
  }),
  async run(params) {
    // `run` gets the schema's output type: defaults are filled in, texts are numbers.
    expectTypeOf(params).toEqualTypeOf<{ airports: string[]; until: string; epochs: number }>();
    const model = await train('delay', { run });
    return deploy('flight-delays', { model, gates: [] });
  },
});

async function callers(client: Client) {
  const options = { taskQueue: 'q', workflowId: 'flight-delays/1' };
  // A caller passes the schema's input type: what has a default may be left out.
  const handle = await client.workflow.start(flightDelays, { ...options, args: [{ until: '2013-09-30' }] });
  await client.workflow.start(flightDelays, { ...options, args: [{ until: '2013-09-30', epochs: '7' }] });
  // The result's type comes along.
  expectTypeOf(await handle.result()).toEqualTypeOf<Deployed>();
  // @ts-expect-error: `until` has no default, so it is required
  await client.workflow.start(flightDelays, { ...options, args: [{}] });
  // @ts-expect-error: airports are texts
  await client.workflow.start(flightDelays, { ...options, args: [{ until: '2013-09-30', airports: [7] }] });
  // @ts-expect-error: the input type of `epochs` is text, only its output type is a number
  await client.workflow.start(flightDelays, { ...options, args: [{ until: '2013-09-30', epochs: 7 }] });
  // @ts-expect-error: there is no such parameter
  await client.workflow.start(flightDelays, { ...options, args: [{ until: '2013-09-30', airport: 'EWR' }] });
  // @ts-expect-error: a pipeline takes one argument
  await client.workflow.start(flightDelays, { ...options, args: [{ until: '2013-09-30' }, 1] });
  // @ts-expect-error: a pipeline with required parameters cannot be started without any
  await client.workflow.start(flightDelays, options);
  // @ts-expect-error: a plan takes the same input
  await recordPlan(flightDelays, { until: 7 });
}

async function results() {
  const flights = await extract('flights', { sql: 'select 1' });
  expectTypeOf(flights).toEqualTypeOf<Dataset>();
  const model = await train('delay', { run, data: { flights } });
  expectTypeOf(model).toEqualTypeOf<Model>();
  expectTypeOf(await merge('all', { run, models: [model] })).toEqualTypeOf<Model>();
  expectTypeOf(await step('work', { run })).toEqualTypeOf<StepOutput>();
  const quality = await evaluate('quality', { model, suite: 'suite' });
  expectTypeOf(quality).toEqualTypeOf<Report>();
  const replayed = await replay('recent', { model, endpoint: 'shop' });

  // Datasets and reports are gates; so is anything with a name, a verdict and evidence.
  const gates = [flights, quality, replayed];
  expectTypeOf(await deploy('shop', { model, gates })).toEqualTypeOf<Deployed>();
  // What is not `deployed` is thrown, unless it is asked for.
  const settled = await deploy('shop', { model, gates, settle: true });
  expectTypeOf(settled).toEqualTypeOf<DeployResult>();
  if (settled.state === 'expired') expectTypeOf(settled.decision).toEqualTypeOf<null>();
  if (settled.state === 'rejected') expectTypeOf(settled.reason).toEqualTypeOf<string>();
  await deploy('shop', { model, gates: [{ name: 'mine', verdict: 'pass', evidence: [] }] });
  // @ts-expect-error: a model has no verdict
  await deploy('shop', { model, gates: [model] });
  // @ts-expect-error: gates must be named, if only by an empty list
  await deploy('shop', { model });
  // @ts-expect-error: `ok` is no verdict
  await deploy('shop', { model, gates: [{ name: 'mine', verdict: 'ok', evidence: [] }] });
  // @ts-expect-error: approval is 'none' or says how long
  await deploy('shop', { model, gates: [], approval: 'auto' });
  // @ts-expect-error: a dataset is no model
  await deploy('shop', { model: flights, gates: [] });
  // @ts-expect-error: a forgotten await
  await train('delay', { run, data: { flights: extract('flights', { sql: 'select 1' }) } });
  // @ts-expect-error: a command is no text, for there is no shell
  await train('delay', { run: 'python train.py' });
  // @ts-expect-error: a misspelt option
  await train('delay', { run, hyperparameters: {} });
  // @ts-expect-error: hyper-parameters are JSON
  await train('delay', { run, hyper: { now: new Date() } });
  // @ts-expect-error: attempts are counted by the two budgets, not by a retry policy
  await train('delay', { run, temporal: { retry: { maximumAttempts: 3 } } });
  // @ts-expect-error: a train step makes a model of data; merge and step take models
  await train('delay', { run, models: [model] });
  // @ts-expect-error: a merge needs its models
  await merge('all', { run });
  // @ts-expect-error: a duration in words that Temporal does not know
  await train('delay', { run, deadline: 'two hours' });
}

async function fanOut(tolerate: number) {
  // Without `tolerate` a map gives the values, and throws when a key fails.
  expectTypeOf(await map('k', ['a'], {}, async () => 1)).toEqualTypeOf<number[]>();
  // With it, what went well and what did not.
  expectTypeOf(await map('k', ['a'], { tolerate }, async () => 1)).toEqualTypeOf<MapResult<number>>();
  expectTypeOf(await map('k', [1, 2], { tolerate: { ratio: 0.1 } }, async () => 'x')).toEqualTypeOf<
    MapResult<string>
  >();
  await map('k', [{ id: 'a' }], { key: ({ id }) => id }, async (item) =>
    expectTypeOf(item).toEqualTypeOf<{ id: string }>(),
  );
  // @ts-expect-error: a body is asynchronous
  await map('k', ['a'], {}, () => 1);
  // @ts-expect-error: a key is a text
  await map('k', [{ id: 7 }], { key: ({ id }) => id }, async () => 1);
  // @ts-expect-error: a tolerance is a count or a ratio
  await map('k', ['a'], { tolerate: '10 %' }, async () => 1);
}

function schemas(schema: StandardSchema<{ rate: string }, { rate: number }>) {
  const any = pipeline({
    name: 'any',
    params: schema,
    run: async ({ rate }) => {
      expectTypeOf(rate).toEqualTypeOf<number>();
    },
  });
  expectTypeOf(any).toBeCallableWith({ rate: '0.5' });
  // @ts-expect-error: not a schema
  pipeline({ name: 'none', params: { rate: 'number' }, run: async () => {} });
  // @ts-expect-error: `run` is asynchronous
  pipeline({ name: 'sync', params: schema, run: () => 1 });
  // @ts-expect-error: the parameters have no `epochs`
  pipeline({ name: 'wrong', params: schema, run: async ({ epochs }) => epochs });
}

it('is a matter of types: the examples above are checked by tsc and never run', () => {
  expect([callers, results, fanOut, schemas].every((one) => typeof one === 'function')).toBe(true);
});
