import { afterAll, beforeAll, expect, test } from 'vitest';
import { type MlflowClient, mlflowClient } from '../../packages/activities/src/mlflow/client.ts';
import { KEY_TAG } from '../../packages/activities/src/mlflow/ensure.ts';
import { keyName } from '../../packages/activities/src/mlflow/names.ts';
import { tagsOf } from '../../packages/activities/src/mlflow/types.ts';
import { breakingProxy, realMlflow, type Server, START } from './real-server.ts';

let server: Server;
let mlflow: MlflowClient;

beforeAll(async () => {
  server = await realMlflow();
  mlflow = mlflowClient({ url: server.url });
}, START);
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
}, 30_000);

let count = 0;
async function freshRun(name = 'a run') {
  count += 1;
  return mlflow.ensureRun({ experiment: 'client', key: `client/${count}`, name });
}

test('a run asked for twice by one key is one run', async () => {
  const wanted = {
    experiment: 'twice',
    key: 'flights/it\'s "Ünï" 漢字 `x` 100%/airport=EWR/delay',
    name: 'delay 漢字 🚲',
  };
  const first = await mlflow.ensureRun({ ...wanted, tags: { 'sluice.step': 'airport=Zürich/delay', none: null } });
  const second = await mlflow.ensureRun(wanted);
  expect(first.created).toBe(true);
  expect(second).toEqual({ ...first, created: false });
  const run = await mlflow.getRun(first.runId);
  expect(run?.info.run_name).toBe('delay 漢字 🚲');
  expect(tagsOf(run?.data ?? {})).toMatchObject({ 'sluice.step': 'airport=Zürich/delay' });
});

test('eight workers that ask for one run at once end with one active run', async () => {
  const wanted = { experiment: 'at-once', key: 'at-once/run', name: 'one' };
  const answers = await Promise.all(Array.from({ length: 8 }, () => mlflow.ensureRun(wanted)));
  const last = await mlflow.ensureRun(wanted);
  const runs = await mlflow.searchRuns({ experiment_ids: [last.experimentId] });
  expect(runs.map((run) => run.info.run_id)).toEqual([last.runId]);
  expect(answers.filter((answer) => answer.runId === last.runId).length).toBeGreaterThan(0);
  for (const { runId } of answers) expect(runId).toBe(last.runId);
});

test('a run whose creation was answered into the void is found again, not lost and not doubled', async () => {
  await using proxy = await breakingProxy(server.url);
  let lost = 0;
  proxy.rule = (route) => {
    if (route !== 'runs/create' || lost > 0) return 'pass';
    lost += 1;
    return 'lose-answer';
  };
  const through = mlflowClient({ url: proxy.url, backoff: 20 });
  const { runId, experimentId } = await through.ensureRun({ experiment: 'void', key: 'void/run', name: 'void' });
  expect(lost).toBe(1);
  const runs = await mlflow.searchRuns({ experiment_ids: [experimentId] });
  expect(runs.map((run) => run.info.run_id)).toEqual([runId]);
});

test('a worker that dies after creating a run leaves one that its successor goes on with', async () => {
  await using proxy = await breakingProxy(server.url);
  let created = false;
  proxy.rule = (route) => {
    if (created) return 'hang-up';
    created = route === 'runs/create';
    return 'pass';
  };
  const dying = mlflowClient({ url: proxy.url, attempts: 1 });
  const wanted = { experiment: 'dying', key: 'dying/run', name: 'dying' };
  await expect(dying.ensureRun(wanted)).rejects.toMatchObject({ code: 'Unreachable', permanent: false });
  const next = await mlflow.ensureRun(wanted);
  expect(next.created).toBe(false);
  expect(await mlflow.searchRuns({ experiment_ids: [next.experimentId] })).toHaveLength(1);
});

test('2500 metrics, 300 parameters and 150 tags arrive in one call', async () => {
  const { runId } = await freshRun();
  const numbers = (length: number) => Array.from({ length }, (_, index) => index);
  await mlflow.logBatch(runId, {
    metrics: numbers(2500).map((step) => ({ key: 'loss', value: 1 / (step + 1), timestamp: 1_000_000 + step, step })),
    params: numbers(300).map((index) => ({ key: `p${index}`, value: `${index}` })),
    tags: numbers(150).map((index) => ({ key: `t${index}`, value: `${index}` })),
  });
  const run = await mlflow.getRun(runId);
  expect(run?.data.params).toHaveLength(300);
  expect(Object.keys(tagsOf(run?.data ?? {})).filter((key) => /^t\d/.test(key))).toHaveLength(150);
  const history = await mlflow.metricHistory(runId, 'loss');
  expect(history).toHaveLength(2500);
  expect(history.at(-1)).toMatchObject({ step: 2499, timestamp: 1_002_499, value: 1 / 2500 });
});

test('metrics sent twice with their own times are stored once', async () => {
  const { runId } = await freshRun();
  const metrics = [
    { key: 'loss', value: 0.5, timestamp: 1000, step: 1 },
    { key: 'loss', value: Number.NaN, timestamp: 1001, step: 2 },
  ];
  await mlflow.logBatch(runId, { metrics });
  await mlflow.logBatch(runId, { metrics });
  expect((await mlflow.metricHistory(runId, 'loss')).map(({ value }) => value)).toEqual([0.5, Number.NaN]);
});

test('NaN and infinities are kept', async () => {
  const { runId } = await freshRun();
  const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  await mlflow.logBatch(runId, {
    metrics: values.map((value, step) => ({ key: `v${step}`, value, timestamp: 1, step })),
  });
  const run = await mlflow.getRun(runId);
  const logged = Object.fromEntries((run?.data.metrics ?? []).map(({ key, value }) => [key, value]));
  expect(logged.v0).toBeNaN();
  expect(logged.v1).toBeGreaterThan(1e308);
  expect(logged.v2).toBeLessThan(-1e308);
});

test('names that MLflow refuses are brought into a form that it takes', async () => {
  const names = [
    'f1@5',
    'acc (top-1) %',
    '漢字/精度',
    'loss🚲',
    '../up',
    '/abs//olute/',
    '.',
    '',
    'x'.repeat(400),
    'e\u0301',
    'a\nb',
    '²½Ⅷ',
  ];
  const { runId } = await freshRun();
  await mlflow.logBatch(runId, {
    metrics: names.map((key, step) => ({ key, value: step, timestamp: 1, step })),
    params: [
      { key: 'a(b)', value: '' },
      { key: 'long', value: '漢'.repeat(7000) },
      { key: 'half', value: 'x\uD83D' },
    ],
    tags: names.map((key) => ({ key, value: 'v'.repeat(9000) })),
  });
  const run = await mlflow.getRun(runId);
  expect(run?.data.metrics?.map(({ key }) => key).sort()).toEqual([...new Set(names.map(keyName))].sort());
  const params = Object.fromEntries((run?.data.params ?? []).map(({ key, value }) => [key, value]));
  expect(params.a_b_).toBe('');
  expect(params.long).toHaveLength(6000);
});

test('a batch near a million bytes is cut before the server refuses it', async () => {
  const { runId } = await freshRun();
  const tags = Array.from({ length: 99 }, (_, index) => ({ key: `big${index}`, value: '漢'.repeat(7900) }));
  await mlflow.logBatch(runId, { tags });
  expect(
    Object.keys(tagsOf((await mlflow.getRun(runId))?.data ?? {})).filter((key) => key.startsWith('big')),
  ).toHaveLength(99);
});

test('a parameter that changes is refused with MLflow’s own code', async () => {
  const { runId } = await freshRun();
  await mlflow.logBatch(runId, { params: [{ key: 'lr', value: '0.1' }] });
  await mlflow.logBatch(runId, { params: [{ key: 'lr', value: '0.1' }] });
  await expect(mlflow.logBatch(runId, { params: [{ key: 'lr', value: '0.2' }] })).rejects.toMatchObject({
    code: 'Refused',
    errorCode: 'INVALID_PARAMETER_VALUE',
    status: 400,
    permanent: true,
  });
});

test('a dataset is an input of a run once, however often it is told', async () => {
  const { runId } = await freshRun();
  const input = {
    dataset: { name: 'flights', digest: 'a'.repeat(36), source_type: 'sluice', source: '{"uri":"sluice:blob/aa"}' },
    tags: [{ key: 'mlflow.data.context', value: 'training' }],
  };
  await mlflow.logInputs(runId, [input]);
  await mlflow.logInputs(runId, [input]);
  const run = await mlflow.getRun(runId);
  expect(run?.inputs?.dataset_inputs?.map(({ dataset }) => dataset.name)).toEqual(['flights']);
});

test('a model version is made once by its key, also by four workers at once', async () => {
  await mlflow.ensureRegisteredModel("it's 漢字");
  await mlflow.ensureRegisteredModel("it's 漢字");
  const wanted = {
    name: "it's 漢字",
    source: `sluice:/tree/${'a'.repeat(64)}`,
    key: 'run/deploy@sha256:aa',
    tags: { x: 'y' },
  };
  const answers = await Promise.all(Array.from({ length: 4 }, () => mlflow.ensureModelVersion(wanted)));
  const last = await mlflow.ensureModelVersion(wanted);
  expect(new Set(answers.map(({ version }) => version.version))).toEqual(new Set([last.version.version]));
  const all = await mlflow.searchModelVersions({ filter: `name = "it's 漢字"` });
  expect(all).toHaveLength(1);
  expect(tagsOf(all[0] ?? {})).toMatchObject({ x: 'y', [KEY_TAG]: 'run/deploy@sha256:aa' });
});

test('an alias moves, and one that does not exist is null, not an error', async () => {
  await mlflow.ensureRegisteredModel('aliases');
  const make = (key: string) => mlflow.ensureModelVersion({ name: 'aliases', source: `sluice:/tree/${key}`, key });
  const [one, two] = [await make('one'), await make('two')];
  expect(await mlflow.getVersionByAlias('aliases', 'production')).toBeNull();
  expect(await mlflow.getVersionByAlias('no such model', 'production')).toBeNull();
  await mlflow.setAlias('aliases', 'production', one.version.version);
  await mlflow.setAlias('aliases', 'production', two.version.version);
  expect((await mlflow.getVersionByAlias('aliases', 'production'))?.version).toBe(two.version.version);
  await mlflow.deleteAlias('aliases', 'production');
  await mlflow.deleteAlias('aliases', 'production');
  expect(await mlflow.getVersionByAlias('aliases', 'production')).toBeNull();
});

test('what is not there is null', async () => {
  expect(await mlflow.getRun('0'.repeat(32))).toBeNull();
  expect(await mlflow.getExperimentByName('no such experiment')).toBeNull();
  expect(await mlflow.getModelVersion('no such model', '1')).toBeNull();
});

test('a host name that the server does not know says how to let it in', async () => {
  const foreign = mlflowClient({
    url: server.url,
    fetch: (url, init) => fetch(String(url).replace('127.0.0.1', 'mlflow.ml.svc'), init),
  });
  // Names cannot be resolved here, so the request goes to the server by hand, with the foreign Host header.
  const { request } = await import('node:http');
  const viaHost = mlflowClient({
    url: `http://mlflow.ml.svc:${server.port}`,
    attempts: 1,
    fetch: (url) =>
      new Promise((resolve, reject) => {
        const { pathname, search } = new URL(String(url));
        const options = {
          host: '127.0.0.1',
          port: server.port,
          path: pathname + search,
          headers: { host: `mlflow.ml.svc:${server.port}` },
        };
        request(options, (answer) => {
          let text = '';
          answer.on('data', (chunk) => {
            text += chunk;
          });
          answer.on('end', () => resolve(new Response(text, { status: answer.statusCode ?? 500 })));
        })
          .on('error', reject)
          .end();
      }),
  });
  expect(foreign.url).toBe(server.url);
  await expect(viaHost.getExperimentByName('x')).rejects.toMatchObject({
    code: 'Refused',
    status: 403,
    fix: expect.stringContaining(`--allowed-hosts "mlflow.ml.svc:${server.port},mlflow.ml.svc"`),
  });
});

test('a deleted experiment is named, with how to get it back', async () => {
  const id = await mlflow.ensureExperiment('deleted');
  await fetch(`${server.url}/api/2.0/mlflow/experiments/delete`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ experiment_id: id }),
  });
  await expect(mlflow.ensureExperiment('deleted')).rejects.toMatchObject({
    code: 'Refused',
    fix: expect.stringContaining(`--experiment-id ${id}`),
  });
});
