import { expect, test } from 'vitest';
import { reportMarkdown } from '../markdown.ts';
import { evaluationPart } from '../read/evaluation.ts';
import { exampleReport, rolledBackReport } from '../testing/example.ts';
import { hostileReport } from '../testing/hostile.ts';
import { evaluation } from '../testing/stored.ts';
import { MOST_BYTES, reportPage } from './page.ts';

const wordsOf = (page: string) =>
  page
    .replace(/<style>[\s\S]*?<\/style>/, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/\s+/g, ' ');

test('verdict, decision and what speaks against it come before anything else', () => {
  const words = wordsOf(reportPage(exampleReport(), ''));
  const at = (text: string) => {
    expect(words).toContain(text);
    return words.indexOf(text);
  };
  const order = [
    at('Version 41 was rejected for endpoint writer: 4 of 5 gates do not pass.'),
    at('Clinical notes name the wrong drug.'),
    at('What speaks against it'),
    at('clinical notes, ROUGE-L: 0.402 → 0.311 (−0.091, −0.121 to −0.058), n 75'),
    at('Evaluation: summaries'),
    at('Cases that lost most'),
    at('Replay: recent-traffic'),
    at('Data: documents'),
    at('Lineage'),
    at('3.41 USD, 0.12 USD of it lost'),
  ];
  expect(order).toEqual([...order].sort((a, b) => a - b));
});

test('a page asks nobody for anything and runs nothing: no script, no address that a browser fetches', () => {
  const page = reportPage(exampleReport(), 'body{color:red}');
  expect(page.match(/<(script|link|img|iframe)|url\(|@import|\s(src|srcset|style|on\w+)=/gi)).toBeNull();
  expect(page.match(/default-src [^;]*;/)?.[0]).toBe("default-src 'none';");
});

test('names and answers that are HTML or scripts are shown as the text that they are', () => {
  const page = reportPage(hostileReport(), '');
  expect(page.match(/<script|<img|javascript:/g)).toBeNull();
  expect(page.match(/<\/?style>/g)).toHaveLength(2);
  expect(page.match(/&lt;script&gt;/g)?.length).toBeGreaterThan(15);
});

test('a report of 50 MB becomes a page under 3 MB that keeps what failed and says what was left out', () => {
  const long = 'lorem ipsum '.repeat(9_000);
  const wide = evaluationPart('wide', {
    ...evaluation,
    evidence: [
      ...Array.from({ length: 5_000 }, (_, i) => ({
        metric: 'accuracy',
        slice: `category ${i}`,
        verdict: 'pass',
        value: 1,
        note: long.slice(0, 500),
      })),
      { metric: 'accuracy', slice: 'the one that failed', verdict: 'fail', value: 0.1 },
    ],
    worstCases: Array.from({ length: 200 }, () => ({
      row: 1,
      inputs: long,
      candidate: { prediction: long },
      baseline: { prediction: long },
    })),
  });
  const report = exampleReport({ evaluations: Array.from({ length: 50 }, (_, i) => ({ ...wide, step: `wide-${i}` })) });
  const page = reportPage(report, '');
  expect(Buffer.byteLength(page)).toBeLessThan(MOST_BYTES);
  const words = wordsOf(page);
  expect(words).toContain('the one that failed');
  expect(words).toMatch(/Left out for length: [\d,]+ rows of Evaluation wide-0/);
  expect(words).toMatch(/more characters/);
});

test('what could not be read is said, and a run that judged nothing has a report all the same', () => {
  const words = wordsOf(
    reportPage(
      exampleReport({
        deploys: [],
        evaluations: [],
        replays: [],
        data: [],
        missing: ['The report of x could not be read.'],
      }),
      '',
    ),
  );
  expect(words).toContain('Nothing in this run was judged.');
  expect(words).toContain('The report of x could not be read.');
});

test('an answer that is a torn half of a sign, NUL or marks of direction is still a page', () => {
  const odd = 'a\ud83d b\u0000 c\u202e d';
  const said = evaluationPart('odd', { ...evaluation, worstCases: [{ row: 1, candidate: { prediction: odd } }] });
  const page = reportPage(exampleReport({ evaluations: [said] }), '');
  expect(page.isWellFormed()).toBe(true);
  expect(page).toContain('a� b� c� d');
});

test('a rollout says what its answers to copies were judged by', () => {
  const report = rolledBackReport();
  const row = { metric: 'between 0 and 500', slice: 'prediction', verdict: 'pass', value: 1, n: 40 } as const;
  const shadow = { verdict: 'pass', rows: 40, evidence: [{ ...row, gain: null, counts: true }] } as const;
  const words = (more: object) =>
    wordsOf(reportPage({ ...report, rollouts: report.rollouts.map((part) => ({ ...part, ...more })) }, ''));
  expect(words({ shadow })).toMatch(/What it answered to copies of requests ✓ pass 40 rows .* prediction/);
  expect(words({})).not.toContain('copies of requests');
});

test('a gate that no step stands for shows its rows, and a step that is no gate says so: the headline can be counted', () => {
  const report = exampleReport();
  const [deploy] = report.deploys;
  if (deploy === undefined) throw new Error('the example deploys');
  const legal = {
    name: 'legal review',
    verdict: 'fail',
    evidence: [{ metric: 'pages that counsel has read', verdict: 'fail', value: 3, threshold: '>= 9' }],
  } as const;
  const gates = [...deploy.gates.filter(({ name }) => name !== 'suite'), legal];
  const page = reportPage(exampleReport({ deploys: [{ ...deploy, gates }] }), '');
  const words = wordsOf(page);
  expect(words).toContain('4 of 5 gates do not pass.');
  expect(words).toContain('pages that counsel has read: 3');
  expect(words).toContain('Gate of writer: legal review');
  expect(words).toContain('suite evaluation, not a gate');
  expect(words).toContain('summaries evaluation 10 rows');
  const targets = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => `id="${id}"`);
  expect(targets.filter((id) => !page.includes(id))).toEqual([]);
});

test('what fails comes before what passes, of whatever kind it is, and says how it fails', () => {
  const { evaluations, ...others } = exampleReport();
  const passing = evaluations.map((one) => ({ ...one, verdict: 'pass' as const }));
  const words = wordsOf(reportPage({ ...others, evaluations: passing }, ''));
  expect(words.indexOf('Replay: recent-traffic')).toBeLessThan(words.indexOf('Evaluation: summaries'));
  expect(words).toMatch(/requests that fail on the candidate only: 3, n 4,987 3 of them: status 500: \{/);
  expect(words.indexOf('What was covered')).toBeLessThan(words.indexOf('Requests that fail on the candidate only'));
});

test('a candidate that passed its gates and was rolled back has failed, and the page says by what', () => {
  const report = rolledBackReport();
  const passing = {
    ...report,
    evaluations: [],
    replays: [],
    data: [],
    deploys: report.deploys.map((deploy) => ({ ...deploy, verdict: 'pass' as const, gates: [] })),
  };
  const words = wordsOf(reportPage(passing, ''));
  expect(words).toMatch(/fail .* was rolled back from endpoint writer: more requests fail on the candidate/);
  expect(words).toMatch(/What speaks against it .*rollout on writer errors: 0\.0009 → 0\.021/);
  expect(words).not.toContain('Nothing that counts');
  const markdown = reportMarkdown(passing);
  expect(markdown).toMatch(/^## ❌ .*: fail\n/);
  expect(markdown).toContain('### Rollout on writer: rolled back');
  expect(markdown).toMatch(/speaks against it[\s\S]*rollout on writer/);
});
