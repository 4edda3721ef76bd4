import { expect, test } from 'vitest';
import { artifactsIn, linkTo, withoutArtifacts } from './artifacts.ts';

const artifact = (kind: string, letter: string, more: object = {}) => ({
  kind,
  uri: `sluice:blob/${letter.repeat(64)}`,
  digest: `sha256:${letter.repeat(64)}`,
  bytes: 7,
  ...more,
});
const flights = artifact('dataset', 'a', {
  name: 'flights',
  step: 'flights',
  profile: artifact('report', 'b'),
  evidence: [],
});
const model = artifact('model', 'c', { step: 'airport=EWR/delay', keys: { airport: 'EWR' } });
const input = {
  ref: { step: 'x' },
  spec: { kind: 'train', data: { train: flights }, models: [model, model], hyper: { rate: 1, tags: [] }, seed: 3 },
};

test('what a step takes is found once, by the name that it goes by', () => {
  expect(artifactsIn(input).map(linkTo)).toEqual([
    { name: 'flights', kind: 'dataset', digest: `sha256:${'a'.repeat(64)}`, bytes: 7 },
    { name: 'airport=EWR/delay', kind: 'model', digest: `sha256:${'c'.repeat(64)}`, bytes: 7 },
  ]);
  expect(artifactsIn(input).map(({ key }) => key)).toEqual(['train', 'models']);
});

test("what a step makes has its parts with it: a dataset's profile is named by it", () => {
  expect(artifactsIn({ result: flights }, true).map(({ name }) => name)).toEqual(['flights', 'flights: profile']);
});

test('the spec is shown without artifacts and what they leave empty, and nothing else is lost', () => {
  expect(withoutArtifacts(input.spec)).toEqual({ kind: 'train', hyper: { rate: 1, tags: [] }, seed: 3 });
});

test.each([
  null,
  undefined,
  3,
  'sluice:blob/x',
  [],
  {},
  { kind: 'model' },
  { kind: 'house', uri: 'sluice:', digest: '', bytes: 1 },
])('nothing is found in %j', (value) => {
  expect(artifactsIn(value)).toEqual([]);
});
