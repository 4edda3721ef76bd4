import { describe, expect, it } from 'vitest';
import { column } from '../column.ts';
import { python } from '../command.ts';
import { ErrorCode } from '../errors.ts';
import { canary } from '../rollout.ts';
import { someDataset, someModel, specOf } from '../testing/runtime.ts';
import { check } from './check.ts';
import { deploy } from './deploy.ts';
import { evaluate } from './evaluate.ts';
import { extract } from './extract.ts';
import { merge, step, train } from './job.ts';
import { replay } from './replay.ts';

const run = python('train.py');
const model = someModel;
const { mlflowRunId: _run, metrics: _metrics, lineage: _lineage, ...reference } = someModel;

describe('a step hands its runtime plain data with every default filled in:', () => {
  it('extract', async () => {
    expect(await specOf(() => extract('rows', { sql: 'select 1' }))).toEqual({
      kind: 'extract',
      name: 'rows',
      sql: 'select 1',
      params: {},
      checks: [],
      attach: {},
      on: null,
      temporal: null,
    });
  });

  it('train', async () => {
    expect(await specOf(() => train('delay', { run }))).toEqual({
      kind: 'train',
      name: 'delay',
      run,
      data: {},
      models: [],
      hyper: {},
      seed: 0,
      budgets: { errors: 2, preemptions: 50, onDemandAfter: 5, deadline: null, maxRuntime: null, maxQueued: null },
      stall: 1_800_000,
      heartbeat: 30_000,
      resume: 'same',
      keep: 2,
      on: null,
      temporal: null,
    });
  });

  it('merge and step, which take models', async () => {
    expect(await specOf(() => merge('all', { run, models: [model] }))).toMatchObject({
      kind: 'merge',
      models: [reference],
    });
    expect(await specOf(() => step('work', { run }))).toMatchObject({ kind: 'step', models: [] });
  });

  it('check', async () => {
    const checks = [column('x').notNull()];
    expect(await specOf(() => check('rows-are-whole', { dataset: someDataset, checks }))).toEqual({
      kind: 'check',
      name: 'rows-are-whole',
      dataset: someDataset,
      captured: null,
      reference: null,
      others: {},
      model: null,
      as: 'prediction',
      endpoint: null,
      checks: [{ column: 'x', rule: { kind: 'notNull' }, share: 1 }],
      on: null,
      temporal: null,
    });
  });

  it('check of what a model answers, where no row may be left without an answer', async () => {
    const captured = { endpoint: 'shop' };
    const answered = { column: 'prediction', rule: { kind: 'notNull' }, share: 1 };
    expect(await specOf(() => check('answers', { captured, model, checks: [column('x').notNull()] }))).toMatchObject({
      dataset: null,
      captured: { endpoint: 'shop', last: 86_400_000, rows: 10_000 },
      model: reference,
      checks: [{ column: 'x' }, answered],
    });
    const loose = [column('prediction').notNull().mostly(0.9)];
    expect(await specOf(() => check('answers', { captured, model, checks: loose }))).toMatchObject({
      checks: [{ ...answered, share: 0.9 }],
    });
  });

  it('evaluate', async () => {
    const suite = { cases: someDataset, label: 'y' };
    expect(await specOf(() => evaluate('holdout', { model, suite }))).toEqual({
      kind: 'evaluate',
      name: 'holdout',
      model: reference,
      suite: {
        cases: someDataset,
        label: 'y',
        category: null,
        inputs: null,
        metric: 'correct',
        margin: 0.01,
        limit: null,
      },
      against: 'production',
      endpoint: null,
      seed: 0,
      on: null,
      temporal: null,
    });
    expect(await specOf(() => evaluate('alone', { model, suite: 'eval/x', against: null }))).toMatchObject({
      against: null,
      suite: 'eval/x',
    });
    const against = async (given: Parameters<typeof evaluate>[1]['against'] & {}) => {
      const spec = await specOf(() => evaluate('x', { model, suite: 'eval/x', against: given }));
      return spec.kind === 'evaluate' ? spec.against : undefined;
    };
    const hex = 'a'.repeat(64);
    const stored = { kind: 'report', uri: `sluice:blob/${hex}`, digest: `sha256:${hex}`, bytes: 12 } as const;
    const report = {
      name: 'x',
      verdict: 'pass',
      evidence: [],
      report: stored,
      candidate: 'sha256:1',
      step: 'k=1/x',
    } as const;
    expect(await against(model)).toEqual(reference);
    expect(await against({ version: 3 })).toEqual({ version: '3' });
    expect(await against(report)).toEqual({ result: stored, step: 'k=1/x' });
    expect(await against({ result: `sha256:${hex}` })).toEqual({ result: { ...stored, bytes: 0 }, step: null });
  });

  it('replay', async () => {
    expect(await specOf(() => replay('recent', { model, endpoint: 'shop' }))).toEqual({
      kind: 'replay',
      name: 'recent',
      model: reference,
      endpoint: 'shop',
      last: 86_400_000,
      limit: 1000,
      confirm: 3,
      deadline: 10_000,
      maxStale: 0.05,
      seed: 0,
      differences: { as: 'warn', ignore: [], tolerate: [] },
      on: null,
      temporal: null,
    });
  });

  it('replay that compares bodies as it is told, or not at all', async () => {
    const options = { ignore: ['$.id'], tolerate: { '$.predictions[*]': { relative: 0.01 } } };
    expect(
      await specOf(() => replay('recent', { model, endpoint: 'shop', differences: 'block', ...options })),
    ).toMatchObject({
      differences: {
        as: 'block',
        ignore: ['$.id'],
        tolerate: [{ path: '$.predictions[*]', absolute: 0, relative: 0.01 }],
      },
    });
    expect(await specOf(() => replay('recent', { model, endpoint: 'shop', differences: 'off' }))).not.toHaveProperty(
      'differences',
    );
  });

  it('replay at a pace', async () => {
    for (const pace of ['original', { perSecond: 0.5 }] as const) {
      expect(await specOf(() => replay('recent', { model, endpoint: 'shop', pace }))).toMatchObject({ pace });
    }
  });

  it('replay with waivers, which a plan shows', async () => {
    const waive = [
      { requests: ['r7'], reason: 'known', until: '2026-12-31' },
      { kind: 'POST /invocations', reason: 'known', until: '2028-02-29' },
    ];
    expect(await specOf(() => replay('recent', { model, endpoint: 'shop', waive }))).toMatchObject({ waive });
  });

  it('deploy, which keeps of its gates only what a verdict rests on', async () => {
    const report = {
      name: 'quality',
      verdict: 'pass',
      evidence: [],
      report: { kind: 'report', uri: 'sluice:blob/00', digest: model.digest, bytes: 1 },
      candidate: model.digest,
      baseline: null,
      step: 'quality',
    } as const;
    expect(await specOf(() => deploy('shop', { model, gates: [someDataset, report] }))).toEqual({
      kind: 'deploy',
      name: 'shop',
      endpoint: 'shop',
      model,
      gates: [
        { name: 'rows', verdict: 'pass', evidence: [] },
        { name: 'quality', verdict: 'pass', evidence: [], candidate: model.digest, baseline: null },
      ],
      approval: { within: 172_800_000, recheck: 900_000 },
      rollout: canary([5, 25, 50]),
      onBusy: 'queue',
      on: null,
      temporal: null,
    });
  });
});

describe('what a step is given', () => {
  it('is copied, so that later changes do not reach it', async () => {
    const hyper = { layers: [64] };
    const spec = await specOf(() => train('a', { run, hyper }));
    hyper.layers.push(32);
    expect(spec).toMatchObject({ hyper: { layers: [64] } });
  });

  it('may leave out fields by undefined, as JSON does', async () => {
    const options = { run, hyper: { lr: undefined, epochs: 1 } };
    expect(await specOf(() => train('a', options))).toMatchObject({ hyper: { epochs: 1 } });
  });

  it('may be null where null means never', async () => {
    expect(await specOf(() => train('a', { run, stall: null, preempt: { onDemandAfter: null } }))).toMatchObject({
      stall: null,
      budgets: { preemptions: 50, onDemandAfter: null },
    });
  });

  it('passes raw Temporal options on', async () => {
    const temporal = { scheduleToStartTimeout: '1 hour', priority: { priorityKey: 1 } } as const;
    expect(await specOf(() => train('a', { run, temporal }))).toMatchObject({ temporal });
  });

  it('looks at a waiting candidate at most two hundred times', async () => {
    const looks = (within: string, recheck: string) =>
      specOf(() => deploy('shop', { model, gates: [], approval: { within, recheck } as never }));
    expect(await looks('30 days', '1 minute')).toMatchObject({ approval: { recheck: 12_960_000 } });
    expect(await looks('1 hour', '1 minute')).toMatchObject({ approval: { recheck: 60_000 } });
    expect(await looks('100ms', '1ms')).toMatchObject({ approval: { within: 100, recheck: 1 } });
  });
});

it('a step outside of a run says where steps belong', async () => {
  await expect(train('delay', { run })).rejects.toMatchObject({
    code: ErrorCode.NoRuntime,
    fix: expect.stringContaining('`run` of a pipeline'),
  });
});
