/** Reports as the steps of a run leave them in the store, for tests: a summariser and its production version. */

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
export const candidate = digest('c');
export const baseline = digest('b');

const categories = ['court rulings', 'news', 'patents', 'clinical notes', 'meetings', 'contracts', 'mail', 'wiki'];

export const evaluation = {
  kind: 'evaluation',
  format: 1,
  name: 'summaries',
  step: 'summaries',
  endpoint: 'writer',
  candidate,
  baseline,
  suite: {
    cases: 'suites/summaries/cases.jsonl',
    label: 'summary',
    category: 'category',
    metric: 'absolute_error',
    margin: 0.02,
    digest: digest('5'),
    rows: 812,
    used: 600,
  },
  method: {
    gain: 'candidate − baseline where higher is better; errors are taken negative',
    interval: "Gaffke's bounds of the mean gain",
    confidence: 0.95,
    categories: 'their intervals hold together (Bonferroni); only one that fails counts',
    minPairs: 10,
    seed: 0,
  },
  verdict: 'fail',
  evidence: [
    {
      metric: 'ROUGE-L',
      slice: 'clinical notes',
      verdict: 'fail',
      value: 0.311,
      baseline: 0.402,
      effect: -0.091,
      interval: [-0.121, -0.058],
      threshold: 'gain > -0.02',
      n: 75,
    },
    {
      metric: 'ROUGE-L',
      verdict: 'pass',
      value: 0.4012,
      baseline: 0.4043,
      effect: -0.0031,
      interval: [-0.011, 0.0051],
      threshold: 'gain > -0.02',
      n: 600,
    },
    { metric: 'cases only the baseline answers', verdict: 'pass', value: 0, threshold: '= 0', n: 600 },
    ...categories
      .filter((category) => category !== 'clinical notes')
      .map((slice, i) => ({
        metric: 'ROUGE-L',
        slice,
        verdict: i === 0 ? 'inconclusive' : 'pass',
        value: i === 0 ? 0.395 : 0.4 + i / 100,
        baseline: i === 0 ? 0.404 : 0.4 + i / 90 - 0.004,
        effect: Number((0.004 + i / 100 - i / 90 - (i === 0 ? 0.013 : 0)).toFixed(4)),
        interval: i === 0 ? [-0.031, 0.013] : [-0.014 + i / 900, 0.019 - i / 900],
        threshold: 'gain > -0.02',
        n: 75,
        ...(i === 0 ? { note: 'too few cases to tell: about 160 like these would do' } : {}),
      })),
  ],
  errors: { candidate: 0, baseline: 0 },
  worstCases: Array.from({ length: 24 }, (_, i) => ({
    row: 117 + i * 7,
    category: i % 6 === 5 ? 'court rulings' : 'clinical notes',
    label: 'Patient with atrial fibrillation, started on apixaban 5 mg twice daily; no bleeding history.',
    inputs: {
      text: `Seen in clinic on ${i + 1} May. Known paroxysmal atrial fibrillation, CHA2DS2-VASc 3. No prior bleeding. After discussion apixaban 5 mg twice daily was started; follow-up in three months with renal function.`,
    },
    candidate:
      i === 3
        ? { error: 'status 500: tokenizer ran out of memory' }
        : {
            prediction:
              'Patient with atrial fibrillation, started on warfarin 5 mg once daily; bleeding history not recorded.',
            score: Number((0.31 - i / 100).toFixed(3)),
          },
    baseline: {
      prediction: 'Patient with atrial fibrillation, started on apixaban 5 mg twice daily; no bleeding recorded.',
      score: Number((0.82 - i / 100).toFixed(3)),
    },
  })),
} as const;

export const profile = {
  version: 1,
  rows: 244_737,
  columns: [
    {
      name: 'words',
      type: 'INTEGER',
      kind: 'number',
      count: 244_737,
      nulls: 0,
      distinct: 2210,
      min: 3,
      max: 5120,
      mean: 412.7,
      sd: 220.1,
      histogram: {
        edges: [3, 60, 120, 200, 280, 350, 420, 500, 600, 760, 1100, 5120],
        counts: [0, 9000, 14000, 25000, 31000, 36000, 38000, 33000, 27000, 18000, 11000, 2737, 0],
      },
      top: null,
    },
    {
      name: 'language',
      type: 'VARCHAR',
      kind: 'text',
      count: 240_000,
      nulls: 4737,
      distinct: 9,
      min: 'de',
      max: 'sv',
      mean: null,
      sd: null,
      histogram: null,
      top: [
        { value: 'en', count: 180_000 },
        { value: 'de', count: 41_000 },
        { value: 'fr', count: 9000 },
        { value: '', count: 4000 },
        { value: 'sv', count: 2000 },
      ],
    },
  ],
  checks: [
    {
      metric: 'not null',
      slice: 'language',
      verdict: 'fail',
      value: 0.9806,
      threshold: '>= 0.999',
      n: 244_737,
      note: '4737 of 244737 unexpected',
    },
    { metric: 'between 1 and 6000', slice: 'words', verdict: 'pass', value: 1, threshold: '>= 0.999', n: 244_737 },
  ],
} as const;

export const formerProfile = {
  version: 1,
  rows: 201_004,
  columns: [
    {
      ...profile.columns[0],
      count: 201_004,
      mean: 377.2,
      histogram: {
        edges: [3, 60, 120, 200, 280, 350, 420, 500, 600, 760, 1100, 4000],
        counts: [0, 12000, 19000, 27000, 30000, 31000, 28000, 22000, 16000, 10000, 4000, 2004, 0],
      },
    },
    {
      ...profile.columns[1],
      count: 200_900,
      nulls: 104,
      top: [
        { value: 'en', count: 170_000 },
        { value: 'de', count: 20_000 },
      ],
    },
  ],
  checks: [],
} as const;
