import { expect, test } from 'vitest';
import { byHarm } from '../rows.ts';
import { evaluation, formerProfile, profile } from '../testing/stored.ts';
import { replay } from '../testing/stored-replay.ts';
import { suite } from '../testing/stored-suite.ts';
import { dataPart } from './data-checks.ts';
import { evaluationPart } from './evaluation.ts';
import { evidenceOf } from './json.ts';
import { replayPart } from './replay.ts';

const named = (part: { metric: string; slice?: string }) => [part.metric, part.slice ?? null];

test('of an evaluation in its short form the category that failed comes first, with its loss in margins', () => {
  const { evidence, worst } = evaluationPart('summaries', evaluation);
  expect(byHarm(evidence).map(named).slice(0, 2)).toEqual([
    ['ROUGE-L', 'clinical notes'],
    ['ROUGE-L', null],
  ]);
  expect(evidence[0]?.gain).toEqual({ effect: -0.091, interval: [-0.121, -0.058], margin: -0.02 });
  expect(worst[3]?.new).toEqual({ text: 'status 500: tokenizer ran out of memory', scores: [], failed: true });
});

test('of a suite the planted category is named first, whatever the direction of a metric is', () => {
  const { evidence, worst, facts, baseline } = evaluationPart('suite', suite);
  const rows = byHarm(evidence);
  expect(named(rows[0] ?? { metric: '' })).toEqual(['summaries: rougeL', 'clinical notes']);
  const latency = evidence.find(({ metric }) => metric === 'answers: latency, ms');
  // More milliseconds are a loss; what nothing bounds has no end.
  expect(latency).toMatchObject({ effect: 24, threshold: 'at most 60 more, ≤ 800' });
  expect(latency?.gain).toEqual({ effect: -24, interval: [Number.NEGATIVE_INFINITY, -11], margin: -60 });
  expect(rows.find(({ counts }) => !counts)).toMatchObject({
    slice: 'category 5',
    note: '140 more cases would decide it',
  });
  // A row that has a unit stands there once too.
  expect(evidence.filter(({ slice }) => slice === 'clinical notes')).toHaveLength(1);
  expect(evidence.filter(({ metric }) => metric.startsWith('answers: latency'))).toHaveLength(1);
  expect(evidence.some(({ metric }) => metric === 'cases only the baseline answers')).toBe(true);
  expect(worst[0]).toMatchObject({
    id: 'note-17',
    category: 'summaries, clinical notes',
    new: { scores: [['rougeL', 0.6]] },
  });
  expect(worst[1]).toMatchObject({ input: '["a",{"b":1}]', new: { failed: true, text: 'status 500' } });
  expect(facts).toContainEqual(['cases by task', 'summaries (1200), answers (300)']);
  expect(baseline).toBe(suite.baseline.digest);
});

test('of a suite with a judge it is told who judged, what it cost, and where its votes are', () => {
  const judge = {
    task: 'summaries',
    metric: 'judge',
    model: 'm',
    answeredAs: ['m-0426'],
    votes: { usable: 1790, ties: 12, unusable: 10 },
    tokens: { asked: 180_000, answered: 9_000 },
    broken: null,
    record: { kind: 'report', uri: 'sluice:blob/77', digest: 'sha256:77', bytes: 1 },
  };
  const { facts } = evaluationPart('suite', { ...suite, judges: [judge, 'nonsense'] });
  expect(facts).toContainEqual([
    'judge',
    'summaries: judge by m (m-0426); 1790 votes, 10 replies that are none; 180000 tokens asked, 9000 answered; all of them in sluice:blob/77',
  ]);
});

test('a replay tells its counts, the first regressions with what was asked and answered, and its waivers', () => {
  const waivers = [{ requests: ['a1'], reason: 'known', until: '2026-12-31', expired: false, matched: 1 }];
  const part = replayPart('traffic', { ...replay, waivers }, 2);
  expect(part.counts).toContainEqual(['fail on the candidate only', '3']);
  expect(part.counts.map(([name]) => name)).not.toContain('without their body');
  expect(part.regressions.map(({ id, new: now }) => [id, now?.status])).toEqual([
    ['a1', 500],
    ['a2', 500],
  ]);
  expect(part.moreRegressions).toBe(1);
  expect(part.waivers).toEqual([
    { what: 'requests a1', reason: 'known', until: '2026-12-31', expired: false, matched: 1 },
  ]);
  expect(part.differing).toMatchObject({
    noise: 1,
    places: [{ path: '$.predictions[*].score', candidate: 312, copy: 4, example: { old: '0.81', now: '0.12' } }],
  });
  expect(part.coverage.map(({ failed }) => failed)).toEqual([0, 3]);
});

test('where nothing failed, a replay says what may fail all the same', () => {
  const clean = { ...replay, regressions: [], failureBound: 0.000603, capturedBound: { most: 31, of: 61_204 } };
  expect(replayPart('traffic', clean, 9).bound).toBe(
    'No request failed on the candidate only. Fewer than 0.06 % of such requests fail (95 % sure); of the 61204 captured at most 31.',
  );
});

test('a dataset stands beside its reference, a warning does not count, and what breaks a rule is shown with its row', () => {
  const checks = [{ metric: 'unique', slice: 'id', severity: 'warn', verdict: 'fail', value: 0.9 }];
  const result = { unexpected_count: 2, partial_unexpected_list: ['x', null], partial_unexpected_index_list: [7, 9] };
  const config = { type: 'expect_column_values_to_be_unique', kwargs: { column: 'id' } };
  const results = { results: [{ success: false, expectation_config: config, result }] };
  const step = { step: 'rows', name: 'rows', verdict: 'pass', digest: null };
  const part = dataPart(step, { ...profile, checks, results }, { from: 'last night', profile: formerProfile });
  expect(part.checks.map(({ counts }) => counts)).toEqual([false]);
  expect(part.columns[1]?.reference).toMatchObject({ rows: 201_004, nulls: 104 });
  expect(part.offending).toEqual([
    {
      rule: 'id: column values to be unique',
      count: 2,
      values: [
        { value: 'x', row: 7 },
        { value: 'null', row: 9 },
      ],
    },
  ]);
});

test.each([null, 3, 'x', [], {}, { evidence: [null, 3, { metric: 1 }, {}], worstCases: [null], rows: [null, 'x'] }])(
  'of a report that is %j whatever can be read is, and nothing passes',
  (stored) => {
    expect(evaluationPart('x', stored)).toMatchObject({ step: 'x', verdict: 'error' });
    expect(replayPart('x', stored, 9)).toMatchObject({ step: 'x', verdict: 'error' });
    expect(dataPart({ step: 'x', name: 'x', verdict: undefined, digest: null }, stored)).toMatchObject({
      verdict: 'error',
    });
  },
);

test('a row whose verdict is no verdict is an error', () => {
  expect(evidenceOf([{ metric: 'm', verdict: 'fine', value: 'x' }])).toMatchObject([{ verdict: 'error', value: null }]);
});

test('ways in which requests fail are counted by what the candidate says, however many of them are kept', () => {
  const other = { ...replay.regressions[0], id: 'b1', new: { status: 413, text: '' } };
  const part = replayPart('traffic', { ...replay, regressions: [...replay.regressions, other] }, 1);
  expect(part.ways).toEqual([
    { said: `status 500: {"error":"KeyError: 'de'"}`, count: 3 },
    { said: 'status 413', count: 1 },
  ]);
  expect(part.evidence[0]?.note).toBe(`3 of them: status 500: {"error":"KeyError: 'de'"}; and 1 other way`);
});

test('errors are told as they are, and short inputs on one line', () => {
  const inputs = { carrier: 'WN', distance: 738, dep_delay: null };
  const worstCases = [
    { row: 7, inputs, label: 67, baseline: { prediction: 17, score: -50 }, candidate: { prediction: 4, score: -63 } },
  ];
  const part = evaluationPart('holdout', { suite: { metric: 'absolute_error' }, worstCases });
  expect(part.worst).toMatchObject([
    { input: 'carrier: WN · distance: 738 · dep_delay: null', new: { scores: [['absolute error', 63]] } },
  ]);
  const long = evaluationPart('notes', {
    worstCases: [{ inputs: { text: 'x'.repeat(300), lang: 'en' }, candidate: {} }],
  });
  expect(long.worst[0]?.input).toBe(`text: ${'x'.repeat(300)}\nlang: en`);
});
