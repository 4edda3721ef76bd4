import type { ArtifactLink } from '@sluice/ui/api';
import { expect, test } from 'vitest';
import { digestsLike, tiesOf } from './lineage.ts';
import { traceOf } from './run-trace.ts';
import type { RunTrace } from './traces.ts';

const link = (name: string, letter: string, kind: ArtifactLink['kind'] = 'model'): ArtifactLink => ({
  name,
  kind,
  digest: `sha256:${letter.repeat(64)}`,
  bytes: 1,
});
const artifact = (letter: string, kind: string, more: object = {}) => ({
  kind,
  uri: `sluice:tree/${letter.repeat(64)}`,
  digest: `sha256:${letter.repeat(64)}`,
  bytes: 1,
  ...more,
});
const run = (key: string, steps: RunTrace['steps']): RunTrace => ({
  execution: {
    workflowId: `life/${key}`,
    runId: key,
    parent: null,
    type: 'life',
    status: 'COMPLETED',
    startedAt: 0,
    endedAt: 1,
    memo: { commit: 'abc' },
    attributes: {},
  },
  steps,
});
const data = link('data', 'd', 'dataset');
const model = link('model', 'a');
const merged = link('all', 'b');
const runs = [
  run('2', [{ step: 'model', at: 5, inputs: [data], outputs: [model] }]),
  run('1', [
    { step: 'data', at: 1, inputs: [], outputs: [data] },
    { step: 'model', at: 2, inputs: [data], outputs: [model] },
    { step: 'all', at: 3, inputs: [model], outputs: [merged] },
  ]),
];

test('a model says who made it, in every run that did, what it was made from and what was made from it', () => {
  const ties = tiesOf(model.digest, runs);
  expect(ties.link).toEqual(model);
  expect(ties.madeBy).toEqual([
    { run: 'life/2', step: 'model', at: 5, commit: 'abc' },
    { run: 'life/1', step: 'model', at: 2, commit: 'abc' },
  ]);
  expect(ties.usedBy.map(({ run: id, step }) => `${id} ${step}`)).toEqual(['life/1 all']);
  expect(ties.from).toEqual([data]);
  expect(ties.into).toEqual([merged]);
});

test('an artifact that no run knows has no ties, and no name', () => {
  expect(tiesOf(`sha256:${'9'.repeat(64)}`, runs)).toEqual({ link: null, madeBy: [], usedBy: [], from: [], into: [] });
});

test('a short digest finds all that begin with it', () => {
  expect(digestsLike('aaaaaaaa', runs)).toEqual([model.digest]);
  expect(digestsLike('aaaaaaab', runs)).toEqual([]);
});

test('results of a large map are told apart by the steps that made them, and attempts of a step are one use', () => {
  const traces = traceOf([
    {
      step: '',
      activity: 'map',
      at: 9,
      input: undefined,
      result: [
        { ok: true, value: artifact('a', 'model', { step: 'k=1/m' }) },
        { ok: true, value: artifact('b', 'model', { step: 'k=2/m' }) },
      ],
    },
    {
      step: 'all',
      activity: 'merge',
      at: 10,
      input: { spec: { models: [artifact('a', 'model')] } },
      result: undefined,
    },
    { step: 'note', activity: 'notify', at: 11, input: {}, result: undefined },
  ]);
  expect(traces.map(({ step, inputs, outputs }) => [step, inputs.length, outputs.length])).toEqual([
    ['k=1/m', 0, 1],
    ['k=2/m', 0, 1],
    ['all', 1, 0],
  ]);
});
