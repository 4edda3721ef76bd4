import { expect, test } from 'vitest';
import { MOST_CHARACTERS, reportMarkdown } from './markdown.ts';
import { evaluationPart } from './read/evaluation.ts';
import { exampleReport } from './testing/example.ts';
import { evaluation } from './testing/stored.ts';

test('a pull request is told the verdict, the decision and what speaks against it first, then the numbers', () => {
  const text = reportMarkdown(exampleReport());
  const lines = text.split('\n').filter((line) => line !== '');
  expect(lines.slice(0, 2)).toEqual([
    '## ❌ writer/nightly-41: fail',
    '**Version 41 was rejected for endpoint writer: 4 of 5 gates do not pass.**',
  ]);
  expect(text).toContain(
    '- **reject** by ana@&#8203;example.com at 2026-11-25 21:39 UTC: Clinical notes name the wrong drug.',
  );
  expect(text).toContain(
    '| ❌ | **clinical notes** ROUGE-L | 0.402 | 0.311 | −0.091 (−0.121 to −0.058) | gain &#62; -0.02 | 75 |',
  );
  expect(text).toContain('### Replay: recent-traffic ❌');
  expect(text).toContain('3.41 USD');
});

test('what a model answered is no markup, no mention and no row of its own', () => {
  const answer = '| a |\n|---|\n</details><script>x</script> @team #1 [x](http://x.y) ![i](z) `c` **b**';
  const odd = evaluationPart('odd', { ...evaluation, worstCases: [{ row: 1, candidate: { prediction: answer } }] });
  const lines = reportMarkdown(exampleReport({ evaluations: [odd] })).split('\n');
  const [row = ''] = lines.filter((line) => line.startsWith('| new |'));
  expect(row).toContain('&#60;script&#62;');
  expect(row.slice(1, -1).match(/[<>`*[\]!]|@\w|:\/\//g)).toBeNull();
  expect(row.match(/\|/g)).toHaveLength(3);
});

test('a report however large fits into a comment, and says that rows are left out', () => {
  const wide = evaluationPart('wide', {
    ...evaluation,
    evidence: Array.from({ length: 9000 }, (_, i) => ({
      metric: 'accuracy',
      slice: `c ${i}`,
      verdict: 'fail',
      value: 1,
      note: 'x'.repeat(900),
    })),
  });
  const report = exampleReport({ evaluations: Array.from({ length: 90 }, (_, i) => ({ ...wide, step: `wide-${i}` })) });
  const text = reportMarkdown(report);
  expect(text.length).toBeLessThanOrEqual(MOST_CHARACTERS);
  expect(text).toMatch(/[\d,]+ more rows are left out/);
  expect(text).toContain('The whole report');
});
