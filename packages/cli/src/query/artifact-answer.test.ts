import { expect, it } from 'vitest';
import { artifactsOf } from './artifact-answer.ts';

const artifact = (letter: string, kind = 'model') => ({
  kind,
  uri: `sluice:tree/${letter.repeat(64)}`,
  digest: `sha256:${letter.repeat(64)}`,
  bytes: 1,
});

it('an artifact is found at any depth of what a step took or gave, by the beginning of its digest', () => {
  const dataset = { ...artifact('a', 'dataset'), profile: artifact('b', 'report') };
  const spec = { data: { flights: dataset }, models: [artifact('c')], note: 'sha256:aaaa' };
  expect(artifactsOf(spec, 'aaaaaaaa')).toEqual([dataset]);
  expect(artifactsOf(spec, 'bbbbbbbb')).toEqual([dataset.profile]);
  expect(artifactsOf(spec, 'c'.repeat(64))).toEqual([artifact('c')]);
  expect(artifactsOf(spec, 'dddddddd')).toEqual([]);
  expect(artifactsOf(null, 'a')).toEqual([]);
});
