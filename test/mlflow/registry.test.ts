import type { Artifact, Decision, Digest, ModelRef } from '@sluice/sdk';
import { expect, test } from 'vitest';
import { lineageOf } from '../../packages/activities/src/job/inputs/lineage.ts';
import { mlflowClient } from '../../packages/activities/src/mlflow/client.ts';
import { tagsOf } from '../../packages/activities/src/mlflow/types.ts';
import { recordDecisionActivity } from '../../packages/activities/src/registry/decision-record.ts';
import { markVersionActivity } from '../../packages/activities/src/registry/mark-version.ts';
import { closeRunActivity, openRunActivity } from '../../packages/activities/src/registry/run-record.ts';
import { breakingProxy } from './real-server.ts';
import { gates, registryStand } from './registry-stand.ts';

const on = registryStand();
const { context, refOf, trainedModel, register, versionTags, aliasOf } = on;

test('a run of a pipeline is one MLflow run, opened again after a reset and closed with its exact state', async () => {
  const open = openRunActivity(context());
  const input = {
    workflowId: `nightly/${on.count} 漢字`,
    pipeline: 'nightly',
    params: { airports: ['EWR'], until: { day: 3 } },
  };
  const runId = (await open(input)) ?? '';
  await closeRunActivity(context())({ runId, state: 'rolled-back' });
  const closed = await on.mlflow.getRun(runId);
  expect([closed?.info.status, tagsOf(closed?.data ?? {})['sluice.state']]).toEqual(['FINISHED', 'rolled-back']);
  await closeRunActivity(context())({ runId, state: 'rolled-back' });
  expect((await on.mlflow.getRun(runId))?.info.end_time).toBe(closed?.info.end_time);

  expect(await open({ ...input, params: { airports: ['JFK'], until: { day: 3 } } })).toBe(runId);
  const again = await on.mlflow.getRun(runId);
  expect(again?.info.status).toBe('RUNNING');
  expect(again?.data.params).toEqual(
    expect.arrayContaining([
      { key: 'airports', value: '["EWR"]' },
      { key: 'until.day', value: '3' },
    ]),
  );
  expect(tagsOf(again?.data ?? {})).toMatchObject({
    'sluice.params.changed': '["airports"]',
    'sluice.link': `http://127.0.0.1:8233/namespaces/default/workflows/nightly%2F${on.count}%20%E6%BC%A2%E5%AD%97`,
  });
  await closeRunActivity(context())({ runId, state: 'cancelled' });
  expect((await on.mlflow.getRun(runId))?.info.status).toBe('KILLED');
});

test('a run that ends closes what its jobs left open, and nothing else', async () => {
  const workflowId = `left-open/${on.count}`;
  const runId = (await openRunActivity(context())({ workflowId, pipeline: 'left-open', params: {} })) ?? '';
  const job = async (name: string, parentRunId: string | null) =>
    (await on.mlflow.ensureRun({ experiment: 'registry', key: `${workflowId}/${name}`, name, parentRunId })).runId;
  // As a last preemption leaves it.
  const [open, done, other] = [await job('open', runId), await job('done', runId), await job('other', null)];
  await on.mlflow.updateRun({ run_id: done, status: 'FINISHED', end_time: Date.now() });
  await closeRunActivity(context())({ runId, state: 'failed' });
  const statuses = await Promise.all(
    [open, done, other, runId].map(async (id) => (await on.mlflow.getRun(id))?.info.status),
  );
  expect(statuses).toEqual(['FAILED', 'FINISHED', 'RUNNING', 'FAILED']);
});

test('closing a run that somebody deleted is no error', async () => {
  const runId =
    (await openRunActivity(context())({ workflowId: `gone/${on.count}`, pipeline: 'gone', params: null })) ?? '';
  await on.mlflow.deleteRun(runId);
  await closeRunActivity(context())({ runId, state: 'done' });
  await closeRunActivity(context())({ runId: '0'.repeat(32), state: 'done' });
  expect((await on.mlflow.getRun(runId))?.info.lifecycle_stage).toBe('deleted');
});

test('a candidate is registered with its lineage and without copying a byte', async () => {
  const model = await trainedModel('one');
  const candidate = await register(model);
  expect(candidate).toMatchObject({ digest: model.digest, uri: model.uri, bytes: model.bytes });
  expect(candidate.id).toBe(`v-${model.digest.slice(7, 19)}`);
  expect(candidate.registered).toEqual({
    ...{ model: on.endpoint, version: '1' },
    url: `${on.server.url}/#/models/${encodeURIComponent(on.endpoint)}/versions/1?workflowType=machine_learning`,
  });
  const version = await on.mlflow.getModelVersion(on.endpoint, '1');
  expect(version).toMatchObject({
    source: model.uri.replace('sluice:', 'sluice:/'),
    run_id: model.mlflowRunId,
    run_link: `http://127.0.0.1:8233/namespaces/default/workflows/flight-delays%2F${on.count}`,
    status: 'READY',
  });
  expect(version?.description).toContain('commit abcdef012345 with uncommitted changes');
  expect(tagsOf(version ?? {})).toMatchObject({
    ...{ 'sluice.digest': model.digest, 'sluice.uri': model.uri, 'sluice.location': on.store.locate(model) },
    ...{ 'sluice.commit': 'abcdef0123456789', 'sluice.dirty': 'true', 'sluice.code': model.lineage.code },
    ...{ 'sluice.hyper': model.lineage.hyper, 'sluice.data.flights': `sha256:${'e'.repeat(64)}` },
    ...{ 'sluice.parents': `["sha256:${'f'.repeat(64)}"]`, 'sluice.image': 'trainer@sha256:1' },
    ...{ 'sluice.map.airport': 'Zürich', 'sluice.metrics': '{"loss":0.25,"f1@5":0.5}' },
    ...{ 'sluice.gate.holdout: Qualität _top-1_': 'pass', 'sluice.gate.recent-traffic': 'inconclusive' },
  });
  expect(await aliasOf('candidate')).toBe('1');
  const run = await on.mlflow.getRun(model.mlflowRunId ?? '');
  expect(run?.inputs?.dataset_inputs?.map(({ dataset }) => dataset.digest)).toEqual(['e'.repeat(36)]);
});

test('a registration that is delivered twice, also at once, is one version', async () => {
  const model = await trainedModel('twice');
  const both = await Promise.all([register(model), register(model)]);
  const third = await register(model);
  expect(both).toEqual([third, third]);
  expect(await on.mlflow.searchModelVersions({ filter: `name = '${on.endpoint}'` })).toHaveLength(1);
});

test('a worker that dies between the version and its alias leaves one version that the retry finishes', async () => {
  await using proxy = await breakingProxy(on.server.url);
  proxy.rule = (route) => (route === 'registered-models/alias' ? 'hang-up' : 'pass');
  const model = await trainedModel('dies');
  const through = context({ mlflow: mlflowClient({ url: proxy.url, attempts: 1 }) });
  await expect(register(model, undefined, through)).rejects.toMatchObject({ code: 'Unreachable', permanent: false });
  expect(await aliasOf('candidate')).toBeNull();
  const candidate = await register(model);
  expect(candidate.registered?.version).toBe('1');
  expect(await aliasOf('candidate')).toBe('1');
});

test('the same bytes made by another run are another version with their own lineage', async () => {
  const model = await trainedModel('same');
  const [one, two] = [await register(model, 'nightly/1'), await register(model, 'nightly/2')];
  expect([one.registered?.version, two.registered?.version]).toEqual(['1', '2']);
  expect((await versionTags(two))['sluice.run']).toBe('nightly/2');
});

test('a model whose training run this server does not know is registered all the same', async () => {
  const unknown = await register(await trainedModel('unknown', '0'.repeat(32)), 'a/1');
  const none = await register(await trainedModel('none', null), 'a/2');
  expect([unknown.registered?.version, none.registered?.version]).toEqual(['1', '2']);
});

test('a name that MLflow refuses is a mistake in the config, named with what to write instead', async () => {
  const model = await trainedModel('name');
  const wrong = context({
    config: { endpoints: { [on.endpoint]: { model: 'ml:models/delay', serve: undefined as never } } },
  });
  await expect(register(model, undefined, wrong)).rejects.toMatchObject({
    code: 'InvalidConfig',
    where: `endpoints.${on.endpoint}.model`,
    fix: expect.stringContaining("'ml-models-delay'"),
  });
});

test('the config may name the registered model', async () => {
  const config = { endpoints: { [on.endpoint]: { model: `named ${on.count}`, serve: undefined as never } } };
  const candidate = await register(await trainedModel('named'), undefined, context({ config }));
  expect(candidate.registered?.model).toBe(`named ${on.count}`);
});

const decision: Decision = {
  ...{
    decision: 'override',
    run: 'p/1',
    step: 'shop',
    endpoint: 'shop',
    round: 1,
    by: 'zoë@example.org',
    reason: 'Demo 🙂: „trotzdem“',
    at: '2026-01-01T00:00:00.000Z',
  },
  ...{ via: 'update', candidate: 'sha256:aa', evidence: 'sha256:bb' },
};

test('a decision is in the version’s tags and in a report, the same one however often it is recorded', async () => {
  const candidate = await register(await trainedModel('decided'));
  const input = {
    ref: refOf(),
    endpoint: on.endpoint,
    candidate,
    baseline: 'sha256:cc',
    verdict: 'fail',
    evidence: gates,
    decision,
    state: 'rolling-out',
  } as const;
  const report = await recordDecisionActivity(context())(input);
  expect(await recordDecisionActivity(context())(input)).toEqual(report);
  expect(JSON.parse(await on.store.getText(report))).toMatchObject({
    decision,
    baseline: 'sha256:cc',
    evidence: gates,
  });
  expect(await versionTags(candidate)).toMatchObject({
    ...{
      'sluice.decision': 'override',
      'sluice.decision.by': 'zoë@example.org',
      'sluice.decision.reason': decision.reason,
    },
    ...{
      'sluice.verdict': 'fail',
      'sluice.state': 'rolling-out',
      'sluice.report': report.uri,
      'sluice.baseline': 'sha256:cc',
    },
  });
});

test('a model merged of five thousand is registered, and its version says how many there were and where they are listed', async () => {
  const parents = Array.from({ length: 5_000 }, (_, index): ModelRef => {
    const digest: Digest = `sha256:${String(index).padStart(64, '0')}`;
    return { kind: 'model', uri: `sluice:tree/${index}`, digest, bytes: 1, step: `city=${index}/delay`, keys: {} };
  });
  const model = await trainedModel('merged');
  const { code, hyper } = model.lineage;
  const lineage = await lineageOf(on.store, { data: {}, models: parents }, { code, hyper, data: hyper });
  const tags = await versionTags(await register({ ...model, lineage }));
  expect(JSON.parse(tags['sluice.parents'] ?? '')).toHaveLength(64);
  expect(tags['sluice.parents.count']).toBe('5000');
  const list = lineage.allParents?.list;
  expect(tags['sluice.parents.list']).toBe(list?.uri);
  expect(JSON.parse(await on.store.getText(list as Artifact))).toEqual(parents.map(({ digest }) => digest));
});

test('without MLflow everything else works', async () => {
  const off = context({ mlflow: null });
  const candidate = await register(await trainedModel('off'), undefined, off);
  expect(candidate.registered).toBeNull();
  expect(await openRunActivity(off)({ workflowId: 'x', pipeline: 'x', params: {} })).toBeNull();
  await closeRunActivity(off)({ runId: 'x', state: 'done' });
  await markVersionActivity(off)({
    endpoint: on.endpoint,
    candidate,
    previous: null,
    former: null,
    state: 'deployed',
    reason: null,
  });
  const input = {
    ref: refOf(),
    endpoint: on.endpoint,
    candidate,
    baseline: null,
    verdict: 'inconclusive',
    evidence: [],
    decision: null,
    state: 'expired',
  } as const;
  const report = await recordDecisionActivity(off)(input);
  expect(JSON.parse(await on.store.getText(report))).toMatchObject({ state: 'expired', decision: null });
});
