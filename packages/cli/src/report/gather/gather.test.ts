import type { RunStatus } from '@sluice/sdk';
import { expect, test } from 'vitest';
import type { StepWork } from '../../records/step-work.ts';
import { deployParts } from './deploys.ts';
import { readable } from './gather.ts';
import { lineagePart } from './lineage.ts';
import { type EvidenceStep, evidenceSteps } from './steps.ts';

const artifact = (kind: string, letter: string, more: object = {}) => ({
  kind,
  uri: `sluice:blob/${letter.repeat(64)}`,
  digest: `sha256:${letter.repeat(64)}`,
  bytes: 7,
  ...more,
});
const dataset = artifact('dataset', 'd', {
  name: 'rows',
  step: 'rows',
  rows: 200,
  verdict: 'pass',
  profile: artifact('report', 'e'),
});
const model = artifact('model', 'a', {
  step: 'model',
  keys: {},
  metrics: { loss: 0.5 },
  lineage: { code: 'sha256:1', hyper: 'sha256:2', data: { train: dataset.digest }, parents: [] },
});
const report = {
  name: 'quality',
  verdict: 'fail',
  report: artifact('report', 'f'),
  candidate: model.digest,
  step: 'quality',
};
const work = (step: string, activity: string, input: unknown, result: unknown): StepWork => ({
  step,
  activity,
  at: 1,
  input,
  result,
});
const gates = [{ name: 'quality', verdict: 'fail' as const, evidence: [], baseline: 'sha256:b' }];
const decision = { decision: 'reject', by: 'Ana', reason: 'no', at: '2026-01-02T03:04:05Z', step: 'shop' };
const works = [
  work('rows', 'extract', {}, dataset),
  work('model', 'train', { spec: { data: dataset } }, { result: model }),
  work('quality', 'evaluate', {}, { ...report, verdict: 'error' }),
  work('quality', 'evaluate', {}, report),
  work('under-way', 'evaluate', {}, undefined),
  work(
    'shop',
    'registerCandidate',
    { endpoint: 'shop', model, gates },
    { digest: model.digest, registered: { version: '3' } },
  ),
  work(
    'shop',
    'recordDecision',
    { baseline: 'sha256:b', verdict: 'fail', evidence: gates, decision, state: 'rejected' },
    {},
  ),
];

test('a step with evidence counts once, by what it said last; one that has not ended is none', () => {
  expect(
    evidenceSteps(works).map(({ step, verdict, report: { digest } }) => [step, verdict, digest.slice(7, 9)]),
  ).toEqual([
    ['rows', 'pass', 'ee'],
    ['quality', 'fail', 'ff'],
  ]);
});

test('evidence of keys of a large map is found in what its slices returned', () => {
  const slice = work('', 'map', undefined, [
    { ok: true, value: { one: { ...report, step: 'k=1/quality' }, rows: { ...dataset, step: 'k=1/rows' } } },
    { ok: false, error: 'x' },
  ]);
  expect(evidenceSteps([slice]).map(({ step }) => step)).toEqual(['k=1/quality', 'k=1/rows']);
});

test('where no worker answers, the history tells what was asked of a candidate and what was decided', () => {
  expect(deployParts(works, null)).toMatchObject([
    {
      step: 'shop',
      endpoint: 'shop',
      candidate: model.digest,
      version: '3',
      baseline: 'sha256:b',
      verdict: 'fail',
      state: 'rejected',
      gates,
      open: null,
      decisions: [decision],
    },
  ]);
});

test('of more reports than are read those of steps that pass are left out, and that is said', () => {
  const step = (name: string, verdict: string, bytes: number) =>
    ({ step: name, name, verdict, digest: null, report: { ...report.report, bytes } }) as EvidenceStep;
  const steps = [step('a', 'pass', 6), step('b', 'fail', 6), step('huge', 'fail', 11)];
  const missing: string[] = [];
  expect(readable(steps, { one: 10, all: 10 }, missing).map((one) => one.step)).toEqual(['b']);
  expect(missing).toEqual([
    expect.stringMatching(/^The report of huge is larger than .* and was not read: sluice artifacts get f{12}$/),
    '1 of 2 steps with evidence are left out; those that do not pass come first.',
  ]);
  expect(readable(steps, { one: 11, all: 23 }, missing)).toEqual(steps);
});

test('why a candidate was rejected is told once, by the decision', () => {
  const told = (outcome: string, note: string) =>
    ({
      gates: [],
      steps: [{ step: 'shop', outcome, note }],
      decisions: [decision],
      refused: [],
    }) as unknown as RunStatus;
  expect(deployParts(works, told('rejected', 'shop: rejected by Ana: no'))).toMatchObject([{ reason: null }]);
  expect(deployParts(works, told('rolled-back', 'errors 40 %'))).toMatchObject([{ reason: 'errors 40 %' }]);
});

test('while a question is open, it is what the report tells', () => {
  const open = { step: 'shop', endpoint: 'shop', state: 'blocked', verdict: 'error', gates: [] };
  const status = { gates: [open], steps: [], decisions: [], refused: [] } as unknown as RunStatus;
  expect(deployParts(works, status)).toMatchObject([{ state: 'blocked', verdict: 'error', open, decisions: [] }]);
});

test('lineage names data, code and metrics of each model once', () => {
  const lineage = lineagePart(works, { commit: 'abc', dirty: true });
  expect(lineage.datasets).toEqual([{ name: 'rows', digest: dataset.digest, rows: 200 }]);
  expect(lineage.models).toEqual([
    {
      step: 'model',
      digest: model.digest,
      code: 'sha256:1',
      hyper: 'sha256:2',
      data: [['train', dataset.digest]],
      parents: [],
      moreParents: 0,
      metrics: [['loss', '0.5']],
    },
  ]);
});
