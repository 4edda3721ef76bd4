import type { Dataset } from '@sluice/sdk';
import type { Paint } from '../../packages/cli/src/follow/colours.ts';
import { start } from '../../packages/cli/src/follow/testing.ts';
import { artifactLines } from '../../packages/cli/src/look/artifact-lines.ts';
import { numbers, profile, words } from '../../packages/cli/src/look/testing.ts';
import { tiesOf } from '../../packages/cli/src/look/ties.ts';

const digest = (text: string) => `sha256:${text.repeat(64).slice(0, 64)}` as const;
const dataset: Dataset = {
  kind: 'dataset',
  name: 'rows',
  uri: `sluice:blob/${digest('9f31').slice(7)}`,
  digest: digest('9f31'),
  bytes: 8_765_432,
  rows: 336_776,
  columns: [],
  profile: { kind: 'report', uri: `sluice:blob/${digest('e').slice(7)}`, digest: digest('e'), bytes: 3000 },
  verdict: 'pass',
  evidence: [],
  step: 'rows',
  keys: {},
};
const works = [
  { step: 'rows', kind: 'extract', at: start + 3000, spec: {}, result: dataset },
  {
    step: 'airport=EWR/delay',
    kind: 'train',
    at: start + 115_000,
    spec: { data: { rows: dataset } },
    result: {
      kind: 'model',
      uri: `sluice:tree/${digest('ab12').slice(7)}`,
      digest: digest('ab12'),
      bytes: 123_456,
      metrics: { mae: 12.3456, rmse: 20.25, 'loss/train': 0.000_123, epoch: 30 },
    },
  },
  {
    step: 'holdout',
    kind: 'evaluate',
    at: start + 120_000,
    spec: {},
    result: {
      report: { kind: 'report', uri: `sluice:blob/${digest('c').slice(7)}`, digest: digest('c'), bytes: 900 },
      verdict: 'pass',
      evidence: [],
    },
  },
];

export function record() {
  return {
    params: {},
    output: { state: 'deployed', endpoint: 'delays', candidate: digest('ab12') },
    works,
    slices: [],
  };
}

const delays = (shift: number) => Array.from({ length: 2000 }, (_, index) => ((index * 7919) % 2000) / 10 - 40 + shift);

export function before() {
  return profile(2000, [
    numbers('dep_delay', delays(0), { nulls: 41 }),
    numbers(
      'distance',
      Array.from({ length: 2000 }, (_, index) => 80 + (index % 2500)),
    ),
    words('carrier', { UA: 900, AA: 700, DL: 400 }),
    { ...words('dest', { LAX: 1000, 成田: 1000 }) },
    { ...words('day', { monday: 2000 }) },
  ]);
}

export function after() {
  return profile(2400, [
    numbers('dep_delay', delays(35), { nulls: 240 }),
    numbers(
      'distance',
      Array.from({ length: 2400 }, (_, index) => 80 + (index % 2500)),
    ),
    words('carrier', { UA: 400, AA: 1200, DL: 800 }),
    { ...words('day', { monday: 2000 }) },
    numbers('a_column_that_is_new_and_has_a_long_name', [1, 2, 3]),
  ]);
}

export function showProfile(paper: { paint: Paint; columns: number }): string[] {
  const shown = {
    ...before(),
    checks: [
      {
        metric: 'dep_delay is between -60 and 1500',
        slice: 'dep_delay',
        verdict: 'pass' as const,
        value: 0,
        threshold: '= 0',
        note: 'no row breaks it',
      },
    ],
  };
  const runs = [{ run: 'flight-delays/nightly-7', commit: '1a2b3c4d5e6f', by: 'ana@example.com', works }];
  const files = [{ path: '', bytes: dataset.bytes }];
  return artifactLines(
    {
      ...tiesOf(dataset.digest, runs),
      artifact: dataset,
      files,
      lookedAt: 1,
      place: '/work/store/blobs/9f31',
      profile: shown,
    },
    paper,
  );
}
