import type { ArtifactView, ColumnView } from '../../packages/ui/src/api.ts';
import { hostile, recordedAt } from './recorded.ts';

const digest = (seed: string) => `sha256:${seed.repeat(64).slice(0, 64)}` as const;

function bell(name: string, type: string, low: number, high: number, centre: number): ColumnView {
  const edges = Array.from({ length: 31 }, (_, i) => low + ((high - low) * i) / 30);
  const counts = edges
    .slice(0, -1)
    .map((edge) => Math.round(9000 * Math.exp(-(((edge - centre) / ((high - low) / 7)) ** 2))));
  return {
    name,
    type,
    nulls: 0,
    distinct: 480,
    min: low,
    max: high,
    mean: centre + 1.2345,
    sd: (high - low) / 9,
    histogram: { edges, counts },
    top: null,
  };
}

const plain = { histogram: null, mean: null, sd: null, min: null, max: null };

export const dataset: ArtifactView = {
  link: { name: 'flights', kind: 'dataset', digest: digest('f7d844c7'), bytes: 1_708_655 },
  uri: 'sluice:blob/f7d8',
  files: [{ path: 'data.parquet', bytes: 1_708_655 }],
  moreFiles: 0,
  rows: 77_911,
  columns: [
    bell('dep_delay', 'DOUBLE', -43, 1301, 12),
    bell('sched_dep_time', 'INTEGER', 106, 2359, 1340),
    {
      ...plain,
      name: 'carrier',
      type: 'VARCHAR',
      nulls: 0,
      distinct: 16,
      top: [
        { value: hostile, count: 14_775 },
        { value: 'UA', count: 14_770 },
        { value: 'EV', count: 13_211 },
        { value: 'B6', count: 12_402 },
      ],
    },
    {
      ...plain,
      name: 'origin',
      type: 'VARCHAR',
      nulls: 1204,
      distinct: 3,
      top: [
        { value: 'EWR', count: 28_118 },
        { value: 'JFK', count: 26_003 },
        { value: '', count: 23_790 },
      ],
    },
    {
      ...plain,
      name: 'flown_on',
      type: 'DATE',
      nulls: 0,
      distinct: 90,
      min: '2013-01-01',
      max: '2013-03-31',
      top: null,
    },
    bell('arr_delay', 'DOUBLE', -86, 1272, 6),
  ],
  checks: [
    {
      metric: 'between -120 and 1500',
      slice: 'arr_delay',
      verdict: 'pass',
      value: 1,
      threshold: '>= 0.999',
      n: 77_911,
    },
    { metric: 'not null', slice: 'carrier', verdict: 'pass', value: 1, threshold: '>= 1', n: 77_911 },
  ],
  verdict: 'pass',
  metrics: {},
  lineage: null,
  madeBy: [{ run: 'flight-delays/demo-1', step: 'flights', at: recordedAt - 400_000, commit: 'e892d88a5a' }],
  usedBy: ['EWR', 'JFK', 'LGA'].map((key) => ({
    run: 'flight-delays/demo-1',
    step: `airport=${key}/delay`,
    at: recordedAt - 390_000,
    commit: 'e892d88a5a',
  })),
  from: [],
  into: ['EWR', 'JFK', 'LGA'].map((key, i) => ({
    name: `airport=${key}/delay`,
    kind: 'model' as const,
    digest: digest(`a${i}`),
    bytes: 27_000 + i,
  })),
  lookedAt: 3,
};

export const model: ArtifactView = {
  link: { name: 'by-airport', kind: 'model', digest: digest('64c98927'), bytes: 81_770 },
  uri: 'sluice:tree/64c9',
  files: ['MLmodel', 'model/EWR.json', 'model/JFK.json', 'model/LGA.json', 'serve.py'].map((path, i) => ({
    path,
    bytes: 1000 * (i + 1),
  })),
  moreFiles: 12,
  rows: null,
  columns: [],
  checks: [],
  verdict: null,
  metrics: { loss: 1.1714, 'mae/EWR': 12.034, 'mae/JFK': 11.2, 'mae/LGA': 0.000012 },
  lineage: {
    code: digest('c0de'),
    hyper: digest('11'),
    data: { flights: digest('f7d844c7') },
    parents: [digest('a0')],
  },
  madeBy: [{ run: 'flight-delays/demo-2', step: 'by-airport', at: recordedAt - 200_000, commit: 'e892d88a5a' }],
  usedBy: ['holdout', 'recent-traffic', 'flight-delays'].map((step) => ({
    run: 'flight-delays/demo-2',
    step,
    at: recordedAt - 190_000,
    commit: 'e892d88a5a',
  })),
  from: dataset.into,
  into: [],
  lookedAt: 3,
};
