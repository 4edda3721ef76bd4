import { baseline, candidate } from './stored.ts';

/** The report of an evaluation by a suite folder: three tasks, one of twenty categories worse. */

const categories = Array.from({ length: 20 }, (_, i) => (i === 6 ? 'clinical notes' : `category ${i + 1}`));

const row = {
  unit: null,
  signature: '',
  clusters: null,
  p: 0.8,
  threshold: null,
  counts: true,
  needed: null,
  method: 'Gaffke',
  note: null,
  better: 'higher',
  verdict: 'pass',
};

function summaries(category: string | null, i: number) {
  const worse = category === 'clinical notes';
  const difference = worse ? -0.091 : (i - 10) / 900;
  const half = category === null ? 0.008 : 0.016;
  return {
    ...row,
    task: 'summaries',
    metric: 'rougeL',
    category,
    n: category === null ? 1200 : 60,
    candidate: 0.402 + difference,
    baseline: 0.402,
    difference,
    interval: [difference - half, difference + half],
    harm: -difference,
    margin: 0.03,
    verdict: worse ? 'fail' : i === 4 ? 'inconclusive' : 'pass',
    counts: i !== 4,
    needed: i === 4 ? 140 : null,
    note: worse ? 'worse by 0.091 over 60 cases (0.402 → 0.311)' : null,
  };
}

export const suite = {
  kind: 'evaluation',
  format: 2,
  name: 'suite',
  step: 'suite',
  endpoint: 'writer',
  candidate,
  baseline: { kind: 'production', digest: baseline, name: '40', broken: null },
  suite: {
    path: 'suites/all',
    digest: `sha256:${'5'.repeat(64)}`,
    version: 1,
    title: 'All that the writer does',
    protocol: 'mlflow',
    cases: 1500,
    tasks: [
      { name: 'summaries', cases: 1200, categories: 20 },
      { name: 'answers', cases: 300, categories: 1 },
    ],
  },
  method: {
    confidence: 0.95,
    seed: 0,
    rounds: 10_000,
    comparisons: 24,
    notes: ['Intervals of means are those of Gaffke.', 'The p of the 24 comparisons are adjusted by Holm.'],
  },
  verdict: 'fail',
  evidence: [
    { metric: 'cases only the baseline answers', verdict: 'pass', value: 0, threshold: '= 0', n: 1500 },
    { metric: 'summaries: rougeL', slice: 'clinical notes', verdict: 'fail', value: 0.311, n: 60 },
    { metric: 'answers: latency', verdict: 'pass', value: 412, n: 300 },
  ],
  rows: [
    summaries(null, 9),
    ...categories.map((category, i) => summaries(category, i)),
    {
      ...row,
      task: 'answers',
      metric: 'exact',
      category: null,
      n: 300,
      candidate: 0.87,
      baseline: 0.86,
      difference: 0.01,
      interval: [-0.017, 0.037],
      harm: -0.01,
      margin: 0.02,
    },
    {
      ...row,
      task: 'answers',
      metric: 'latency',
      unit: 'ms',
      better: 'lower',
      category: null,
      n: 300,
      candidate: 412,
      baseline: 388,
      difference: 24,
      interval: [11, null],
      harm: 24,
      margin: 60,
      threshold: { least: null, most: 800, interval: null, p: null, verdict: 'pass' },
    },
  ],
  answers: [],
  worstCases: [
    {
      id: 'note-17',
      task: 'summaries',
      category: 'clinical notes',
      cluster: 'ward 3',
      input: { text: 'Known paroxysmal atrial fibrillation; apixaban 5 mg twice daily was started.' },
      expected: 'Started on apixaban 5 mg twice daily.',
      candidate: { answer: 'Started on warfarin 5 mg daily.', latencyMs: 40 },
      baseline: { answer: 'Started on apixaban 5 mg twice daily.', latencyMs: 38 },
      scores: { rougeL: { candidate: 0.6, baseline: 1 } },
      harm: 0.4,
    },
    {
      id: 'note-18',
      task: 'summaries',
      category: 'clinical notes',
      cluster: null,
      input: ['a', { b: 1 }],
      expected: null,
      candidate: { error: 'status 500' },
      baseline: { answer: [1, 2], latencyMs: null },
      scores: {},
      harm: 1,
    },
  ],
  candidateAnswers: { kind: 'report', uri: '', digest: '', bytes: 0 },
} as const;
