import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataset, JobInput, JsonObject } from '@sluice/sdk';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type MlflowClient, mlflowClient } from '../../packages/activities/src/mlflow/client.ts';
import { mlflowTrainingLog, type TrainingLogOptions } from '../../packages/activities/src/mlflow/training-log.ts';
import { tagsOf } from '../../packages/activities/src/mlflow/types.ts';
import { sendUnsent } from '../../packages/activities/src/mlflow/unsent.ts';
import { breakingProxy, realMlflow, type Server, START } from './real-server.ts';

let server: Server;
let mlflow: MlflowClient;
let unsent: string;
let lines: string[];

beforeAll(async () => {
  server = await realMlflow();
  mlflow = mlflowClient({ url: server.url });
}, START);
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
}, 30_000);
beforeEach(async () => {
  unsent = await mkdtemp(join(tmpdir(), 'sluice-unsent-'));
  lines = [];
});
afterEach(async () => {
  await rm(unsent, { recursive: true, force: true });
});

const digest = `sha256:${'5'.repeat(64)}` as const;
const flights = {
  kind: 'dataset',
  ...{ uri: `sluice:blob/${'5'.repeat(64)}`, digest, bytes: 10, rows: 3, step: 'flights', keys: {} },
  columns: [{ name: 'verspätung', type: 'DOUBLE' }],
  ...{ name: 'flights', verdict: 'pass', evidence: [] },
  profile: { kind: 'report', uri: 'sluice:blob/00', digest, bytes: 1 },
} satisfies Dataset;

let jobs = 0;
function job(hyper: JsonObject = { lr: 0.1 }, attempt = 1, id = ++jobs): JobInput {
  return {
    ref: {
      ...{ workflowId: `flight-delays/${id}`, pipeline: 'flight-delays' },
      ...{ step: 'airport=Zürich/delay', name: 'delay', keys: { airport: 'Zürich' } },
    },
    spec: {
      ...{
        kind: 'train',
        name: 'delay',
        on: null,
        temporal: null,
        models: [],
        seed: 7,
        stall: null,
        heartbeat: 30_000,
      },
      run: { interpreter: 'python', argv: ['train.py'], code: [], env: {} } as unknown as JobInput['spec']['run'],
      ...{ data: { flights }, hyper, resume: 'same', keep: 3 },
      budgets: { errors: 0, preemptions: 0, onDemandAfter: null, deadline: null, maxRuntime: null, maxQueued: null },
    },
    ...{ attempt, order: attempt, class: 'gpu-spot', gpus: 1, interruptible: true, parentRunId: null },
  };
}

function logFor(input: JobInput, options: Partial<TrainingLogOptions> = {}, client = mlflow) {
  return mlflowTrainingLog(client, {
    ...{ experiment: 'training', input, parentRunId: null, unsent, every: 50 },
    log: (line) => lines.push(line),
    ...options,
  });
}

function curve(from: number, to: number, name = 'loss') {
  return Array.from({ length: to - from }, (_, index) => {
    const step = from + index;
    return { name, value: 1 / (step + 1), step, time: 1_700_000_000_000 + step };
  });
}

async function parameters(runId: string): Promise<Record<string, string>> {
  const run = await mlflow.getRun(runId);
  return Object.fromEntries((run?.data.params ?? []).map(({ key, value }) => [key, value]));
}

test('one job is one run over all its attempts, with parameters, inputs and every value', async () => {
  const parent = await mlflow.ensureRun({ experiment: 'training', key: 'parent', name: 'parent' });
  const first = logFor(job({ lr: 0.1, optimizer: { name: 'adam', betas: [0.9, 0.99] } }), {
    parentRunId: parent.runId,
  });
  const { runId } = await first.start();
  first.metrics(curve(0, 30));
  await first.end('RUNNING');
  expect((await mlflow.getRun(runId ?? ''))?.info.status).toBe('RUNNING');

  const second = logFor(job({ lr: 0.1, optimizer: { name: 'adam', betas: [0.9, 0.99] } }, 2, jobs));
  expect(await second.start()).toEqual({ runId });
  second.tags({ 'sluice.resumed.2': '25' });
  second.metrics(curve(30, 60));
  await second.end('FINISHED');

  const run = await mlflow.getRun(runId ?? '');
  expect(run?.info.status).toBe('FINISHED');
  expect(Number(run?.info.end_time)).toBeGreaterThan(Date.now() - 60_000);
  expect(await parameters(runId ?? '')).toEqual({
    ...{ seed: '7', lr: '0.1', 'optimizer.name': 'adam', 'optimizer.betas': '[0.9,0.99]' },
  });
  expect(tagsOf(run?.data ?? {})).toMatchObject({
    ...{ 'sluice.attempt': '2', 'sluice.resumed.2': '25', 'mlflow.parentRunId': parent.runId },
    ...{ 'sluice.map.airport': 'Zürich', 'sluice.step': 'airport=Zürich/delay', 'sluice.class': 'gpu-spot' },
  });
  expect(run?.inputs?.dataset_inputs?.map(({ dataset }) => [dataset.name, dataset.digest])).toEqual([
    ['flights', '5'.repeat(36)],
  ]);
  expect(await mlflow.metricHistory(runId ?? '', 'loss')).toHaveLength(60);
});

test('an attempt that is delivered twice logs its values once', async () => {
  const input = job();
  const twins = [logFor(input), logFor(input)];
  const [one, two] = await Promise.all(twins.map((log) => log.start()));
  for (const log of twins) log.metrics(curve(0, 20));
  await Promise.all(twins.map((log) => log.end('FINISHED')));
  const last = await mlflow.ensureRun({
    experiment: 'training',
    key: `${input.ref.workflowId}/${input.ref.step}`,
    name: '',
  });
  expect(one?.runId).toBe(two?.runId);
  expect(last.runId).toBe(one?.runId);
  expect(await mlflow.metricHistory(last.runId, 'loss')).toHaveLength(20);
});

test('hyper-parameters that changed between attempts do not fail the log, and the change is a tag', async () => {
  const first = logFor(job({ lr: 0.1, keep: 'x' }));
  const { runId } = await first.start();
  await first.end('FAILED');
  const second = logFor(job({ lr: 0.2, keep: 'x', added: true }, 2, jobs));
  await second.start();
  await second.end('FINISHED');
  expect(await parameters(runId ?? '')).toEqual({ seed: '7', lr: '0.1', keep: 'x', added: 'true' });
  expect(tagsOf((await mlflow.getRun(runId ?? ''))?.data ?? {})['sluice.params.changed']).toBe('["lr"]');
});

test('2500 values, NaN among them, and 300 parameters arrive', async () => {
  const hyper = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`p ${index}: @`, index]));
  const log = logFor(job(hyper));
  const { runId } = await log.start();
  log.metrics(curve(0, 2500));
  log.metrics([{ name: 'f1@5 漢字', value: Number.NaN, step: 1, time: 1 }]);
  await log.end('FINISHED');
  expect(await mlflow.metricHistory(runId ?? '', 'loss')).toHaveLength(2500);
  expect((await mlflow.metricHistory(runId ?? '', 'f1_5 漢字'))[0]?.value).toBeNaN();
  expect(Object.keys(await parameters(runId ?? ''))).toHaveLength(301);
});

test('a server that hangs up for a while in the middle loses no value', async () => {
  await using proxy = await breakingProxy(server.url);
  const client = mlflowClient({ url: proxy.url, attempts: 1 });
  const log = logFor(job(), {}, client);
  const { runId } = await log.start();
  log.metrics(curve(0, 100));
  proxy.rule = () => 'hang-up';
  log.metrics(curve(100, 200));
  const before = proxy.seen.length;
  await expect.poll(() => proxy.seen.length, { timeout: 10_000 }).toBeGreaterThan(before + 2);
  log.metrics(curve(200, 300));
  proxy.rule = () => 'pass';
  await log.end('FINISHED');
  expect(await mlflow.metricHistory(runId ?? '', 'loss')).toHaveLength(300);
  expect(await readdir(unsent)).toEqual([]);
  expect(lines.some((line) => line.includes('does not answer'))).toBe(true);
});

test('answers that get lost do not double a value or a run', async () => {
  await using proxy = await breakingProxy(server.url);
  let calls = 0;
  proxy.rule = () => {
    calls += 1;
    return calls % 2 === 0 ? 'lose-answer' : 'pass';
  };
  const input = job();
  const log = logFor(input, {}, mlflowClient({ url: proxy.url, attempts: 1 }));
  await log.start();
  log.metrics(curve(0, 50));
  await log.end('FINISHED');
  const experiment_ids = [await mlflow.ensureExperiment('training')];
  const runs = await mlflow.searchRuns({ experiment_ids, filter: `tags.\`sluice.run\` = '${input.ref.workflowId}'` });
  expect(runs.map((run) => [run.info.status, run.info.run_id === log.runId])).toEqual([['FINISHED', true]]);
  expect(await mlflow.metricHistory(log.runId ?? '', 'loss')).toHaveLength(50);
});

test('a run that somebody deletes is made anew and the rest goes there', async () => {
  const log = logFor(job());
  const { runId } = await log.start();
  await mlflow.deleteRun(runId ?? '');
  log.metrics(curve(0, 10));
  await log.end('FINISHED');
  expect(log.runId).not.toBe(runId);
  expect(await mlflow.metricHistory(log.runId ?? '', 'loss')).toHaveLength(10);
});

test('without any server a job starts at once and ends in time; what was not sent is kept and sent later', async () => {
  const nobody = createServer();
  await new Promise<void>((resolve) => nobody.listen(0, '127.0.0.1', resolve));
  const { port } = nobody.address() as AddressInfo;
  await new Promise((resolve) => nobody.close(resolve));
  const input = job();
  const log = logFor(input, { endWithin: 300 }, mlflowClient({ url: `http://127.0.0.1:${port}`, attempts: 1 }));
  expect(await log.start()).toEqual({ runId: null });
  log.metrics([...curve(0, 5), { name: 'gap', value: Number.NaN, step: 3, time: 3 }]);
  await log.end('FAILED');
  const [file] = await readdir(unsent);
  expect(lines.at(-1)).toContain(join(unsent, file ?? 'none'));
  expect(JSON.parse(await readFile(join(unsent, file ?? ''), 'utf8'))).toMatchObject({ status: 'FAILED' });

  expect(await sendUnsent(mlflow, unsent)).toBe(6);
  expect(await readdir(unsent)).toEqual([]);
  const { runId } = await mlflow.ensureRun({
    experiment: 'training',
    key: `${input.ref.workflowId}/${input.ref.step}`,
    name: '',
  });
  expect((await mlflow.getRun(runId))?.info.status).toBe('FAILED');
  expect((await mlflow.metricHistory(runId, 'gap'))[0]?.value).toBeNaN();
});

test('the next attempt on the machine sends what the one before could not', async () => {
  await using proxy = await breakingProxy(server.url);
  const client = mlflowClient({ url: proxy.url, attempts: 1 });
  const first = logFor(job(), { endWithin: 200 }, client);
  const { runId } = await first.start();
  proxy.rule = () => 'hang-up';
  first.metrics(curve(0, 10));
  await first.end('RUNNING');
  expect(await readdir(unsent)).toHaveLength(1);
  proxy.rule = () => 'pass';
  const second = logFor(job(undefined, 2, jobs), {}, client);
  await second.start();
  second.metrics(curve(10, 20));
  await second.end('FINISHED');
  expect(await readdir(unsent)).toEqual([]);
  expect(await mlflow.metricHistory(runId ?? '', 'loss')).toHaveLength(20);
  expect((await mlflow.getRun(runId ?? ''))?.info.status).toBe('FINISHED');
});

test(
  'a server that is killed while a job trains and comes back later has every value',
  async () => {
    const log = logFor(job(), { endWithin: 60_000 });
    const { runId } = await log.start();
    log.metrics(curve(0, 1200));
    await server.kill();
    log.metrics(curve(1200, 2500));
    await server.restart();
    await log.end('FINISHED');
    expect(await mlflow.metricHistory(runId ?? '', 'loss')).toHaveLength(2500);
    expect((await mlflow.getRun(runId ?? ''))?.info.status).toBe('FINISHED');
  },
  START,
);
