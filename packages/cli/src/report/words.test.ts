import { expect, test } from 'vitest';
import type { DeployPart } from './data.ts';
import { evidenceOf } from './read/json.ts';
import { exampleReport } from './testing/example.ts';
import { deploySentence, headline, numbersOf, rowSentence, tally } from './words.ts';

const row = (more: object) => {
  const [found] = evidenceOf([{ metric: 'm', verdict: 'pass', ...more }]);
  if (found === undefined) throw new Error('no row');
  return found;
};

test.each([
  [
    { value: 11.774, baseline: 11.208, effect: -0.5656, interval: [-1.7418, 0.6225] },
    '11.21',
    '11.77',
    '−0.57',
    '−1.74 to +0.62',
  ],
  [
    { value: 0.4, baseline: 0.396, effect: 0.004, interval: [-0.031, 0.013] },
    '0.396',
    '0.400',
    '+0.004',
    '−0.031 to +0.013',
  ],
  [{ value: 10, baseline: 10, effect: -0.001, interval: [-26, 26] }, '10', '10', '0', '−26 to +26'],
  [{ value: 3, baseline: null, effect: null, interval: null }, null, '3', null, null],
  [{ value: 1, baseline: 2, effect: -1, interval: [-1, -1] }, '2', '1', '−1', '−1 to −1'],
])('numbers of a row have the digits that its interval can tell apart: %j', (given, old, now, effect, interval) => {
  expect(numbersOf(row(given))).toEqual({ old, new: now, effect, interval });
});

test('a row is a sentence, with what it has', () => {
  expect(rowSentence(row({ metric: 'requests that fail', value: 3, n: 4987 }))).toBe('requests that fail: 3, n 4,987');
  expect(rowSentence(row({ metric: 'regression', slice: 'POST /x', value: null }))).toBe('POST /x, regression');
});

const deploy = (state: string, failing: number): DeployPart => ({
  step: 'shop',
  endpoint: 'shop',
  candidate: `sha256:${'a'.repeat(64)}`,
  version: '7',
  baseline: null,
  verdict: failing > 0 ? 'fail' : 'pass',
  state,
  gates: Array.from({ length: 3 }, (_, i) => ({ name: `g${i}`, verdict: i < failing ? 'fail' : 'pass', evidence: [] })),
  open: null,
  decisions: [],
  refused: [],
  reason: null,
});

test.each([
  [
    'blocked',
    1,
    'Version 7 is blocked from endpoint shop: 1 of 3 gates does not pass. It waits for an override with a reason, or a reject.',
  ],
  ['awaiting-approval', 0, 'Version 7 passes all 3 gates and waits for an approval for endpoint shop.'],
  ['rejected', 0, 'Version 7 was rejected for endpoint shop.'],
  ['deployed', 2, 'Version 7 serves endpoint shop, overridden: 2 of 3 gates do not pass.'],
  ['expired', 2, 'Nobody decided on version 7 for endpoint shop in time; 2 of 3 gates do not pass.'],
  ['superseded', 0, 'Version 7 for endpoint shop: superseded.'],
])('how a deploy stands is one sentence: %s', (state, failing, sentence) => {
  expect(deploySentence(deploy(state, failing))).toBe(sentence);
});

test('a run without a deploy is told by its steps, and one that judged nothing says so', () => {
  expect(headline(exampleReport({ deploys: [] }))).toEqual({
    verdict: 'fail',
    text: '4 of 4 steps that judge do not pass.',
  });
  expect(headline(exampleReport({ deploys: [], evaluations: [], replays: [], data: [] })).verdict).toBe('inconclusive');
  expect(tally(exampleReport())).toBe('40 rows of evidence: 4 fail, 1 inconclusive, 1 beside the verdict');
});
