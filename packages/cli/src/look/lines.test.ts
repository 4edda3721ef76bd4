import type { Dataset, Model } from '@sluice/sdk';
import { expect, it } from 'vitest';
import { plainPaint } from '../follow/colours.ts';
import { widthOf } from '../text/width.ts';
import { artifactLines } from './artifact-lines.ts';
import { datasetDiffLines } from './diff-datasets.ts';
import { fileDiffLines, modelDiffLines } from './diff-models.ts';
import { numbers, profile, words } from './testing.ts';
import { tiesOf } from './ties.ts';

const digest = (text: string) => `sha256:${text.repeat(64).slice(0, 64)}` as const;
const data: Dataset = {
  kind: 'dataset',
  name: 'flights',
  uri: `sluice:blob/${digest('ab12').slice(7)}`,
  digest: digest('ab12'),
  bytes: 1_234_567,
  rows: 100,
  columns: [],
  profile: { kind: 'report', uri: 'sluice:blob/x', digest: digest('e'), bytes: 10 },
  verdict: 'pass',
  evidence: [],
  step: 'flights',
  keys: {},
};
const model: Model = {
  kind: 'model',
  uri: `sluice:tree/${digest('cd34').slice(7)}`,
  digest: digest('cd34'),
  bytes: 5000,
  step: 'delay',
  keys: {},
  mlflowRunId: null,
  metrics: { mae: 12.5, rows: 100 },
  lineage: { code: digest('1'), hyper: digest('2'), data: { flights: data.digest }, parents: [] },
};
const at = Date.UTC(2026, 0, 2, 3, 4);
const runs = [
  {
    run: 'delays/one',
    commit: '1a2b3c4d5e6f',
    by: 'ana',
    works: [
      { step: 'flights', kind: 'extract', at, spec: {}, result: data },
      { step: 'delay', kind: 'train', at, spec: { data: { flights: { ...data } } }, result: model },
    ],
  },
];
const paper = { paint: plainPaint, columns: 80 };

it('shows a dataset with its origin, its use and its profile, in 80 columns', () => {
  const shown = profile(100, [
    numbers(
      'dep_delay',
      Array.from({ length: 95 }, (_, index) => index - 10),
      { nulls: 5 },
    ),
    words('carrier', { UA: 60, AA: 30, 'a carrier with a name that goes on and on': 10 }),
  ]);
  const lines = artifactLines(
    {
      ...tiesOf(data.digest, runs),
      artifact: data,
      files: [{ path: '', bytes: data.bytes }],
      lookedAt: 1,
      place: '/s/b',
      profile: shown,
    },
    paper,
  );
  expect(lines.slice(0, 7)).toEqual([
    'dataset ab12ab12ab12  1.2 MB',
    `  uri    sluice:blob/${'ab12'.repeat(16)}`,
    '  lies   /s/b',
    '  made   delays/one flights (extract), 2026-01-02 03:04, commit 1a2b3c4d, by ana',
    '  used   delays/one delay (train), 2026-01-02 03:04, commit 1a2b3c4d, by ana',
    '',
    '100 rows, 2 columns, checks pass',
  ]);
  expect(lines.join('\n')).toContain('UA 60 %, AA 30 %');
  expect(Math.max(...lines.filter((line) => !line.includes('sluice:')).map(widthOf))).toBeLessThanOrEqual(80);
});

it('shows what a model was made from, and by what', () => {
  const files = [
    { path: 'MLmodel', bytes: 400 },
    { path: 'weights/model.bin', bytes: 4600 },
  ];
  const lines = artifactLines(
    { ...tiesOf(model.digest, runs), artifact: model, files, lookedAt: 1, place: '/s/t', profile: null },
    paper,
  );
  expect(lines[0]).toBe('model cd34cd34cd34  5 kB, 2 files');
  expect(lines).toContain('  made   delays/one delay (train), 2026-01-02 03:04, commit 1a2b3c4d, by ana');
  expect(lines).toContain('  from   flights dataset ab12ab12ab12');
  expect(lines).toContain('  weights/model.bin  4.6 kB');
  expect(lines).toContain('  mae   12.5');
  expect(lines).toContain('  data flights      ab12ab12ab12');
});

it('says that nobody is known who made an artifact, and among how many runs was looked', () => {
  const files = [{ path: '', bytes: 3 }];
  const lines = artifactLines(
    {
      ...tiesOf(digest('f'), runs),
      artifact: { ...data, digest: digest('f') },
      files,
      lookedAt: 1,
      place: '',
      profile: null,
    },
    paper,
  );
  expect(lines).toContain('  made   by none of the last 1 runs');
});

it('tells two datasets apart by rows, schema and how far each column has moved', () => {
  const before = profile(100, [
    words('carrier', { UA: 50, AA: 50 }),
    words('day', { mon: 100 }),
    numbers('old', [1, 2]),
  ]);
  const after = profile(150, [
    words('carrier', { UA: 120, AA: 30 }),
    words('day', { mon: 100 }),
    numbers('new', [1, 2]),
  ]);
  expect(datasetDiffLines(before, after, 80)).toEqual([
    'rows     100 → 150 (+50 %)',
    'columns  3 → 3',
    '  old: removed (DOUBLE)',
    '  new: added (DOUBLE)',
    '',
    'column   drift  nulls  mean  min  max  distinct',
    'carrier  0.30   0 %          AA   UA   2',
    '1 column has the same profile.',
  ]);
});

it('tells two models apart by metrics, origin and files', () => {
  const other: Model = {
    ...model,
    metrics: { mae: 11.25, rows: 100 },
    lineage: { ...model.lineage, hyper: digest('3'), data: { flights: digest('9') } },
  };
  expect(modelDiffLines(model, other, 80)).toEqual([
    'metric  first  second  difference',
    'mae     12.5   11.25   -1.25',
    'rows    100    100     0',
    '',
    'code     the same',
    'hyper    222222222222 → 333333333333',
    'data     flights: ab12ab12ab12 → 999999999999',
  ]);
  const told = modelDiffLines(model, other, 80, [
    { epochs: 5, alpha: 0.1, layers: [8] },
    { epochs: 20, alpha: 0.1, seed: 1 },
  ]);
  expect(told.slice(5, 8)).toEqual(['hyper    epochs: 5 → 20', 'hyper    layers: [8] → –', 'hyper    seed: – → 1']);
  const sha256 = 'a';
  const files = [
    { path: 'MLmodel', bytes: 400, sha256 },
    { path: 'model.bin', bytes: 4600, sha256 },
  ];
  expect(
    fileDiffLines(
      files,
      [
        { path: 'MLmodel', bytes: 400, sha256: 'b' },
        { path: 'new', bytes: 1 },
      ],
      80,
    ),
  ).toEqual([
    'files    3 differ',
    '  MLmodel    changed  400 B',
    '  model.bin  removed  4.6 kB → –',
    '  new        added    – → 1 B',
  ]);
});
