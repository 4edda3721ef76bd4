import { describe, expect, test } from 'vitest';
import { isUnscored } from './metric.ts';
import { metricOf } from './table.ts';

/** One megabyte. */
const size = 1_000_000;
const half = Array.from({ length: size / 8 }, (_, at) => `w${(at % 4099).toString(36)}`).join(' ');
const one = (expected: string, answer: string) => ({ expected, answer, latencyMs: null });

describe('an answer of a megabyte', () => {
  test('does not take the memory of a table of its words', () => {
    const before = process.memoryUsage().arrayBuffers;
    const metric = metricOf('rougeL');
    const score = metric.of === 'case' ? metric.score(one(half, `${half} more`)) : null;
    expect(score).toBeCloseTo(1, 4);
    // 125,000 × 125,000 cells would be 60 GB; what was taken is no more than a few copies of the text.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * size);
  });

  test('is refused by rougeLsum in words where it is one line, and scored where its lines are sentences', () => {
    const metric = metricOf('rougeLsum');
    if (metric.of !== 'case') throw new Error('rougeLsum is a metric of single cases');
    expect(metric.score(one(half, half))).toEqual({
      problem:
        'texts of 125000 and 125000 words are too long for rougeLsum, which looks for sentences on lines of their own',
      blame: 'answer',
    });
    const lines = half
      .split(' ')
      .slice(0, 20_000)
      .map((word, at) => (at % 20 === 19 ? `${word}\n` : `${word} `));
    expect(metric.score(one(lines.join(''), lines.join('')))).toBe(1);
    expect(metric.score(one('x\n'.repeat(size / 2), '\n'.repeat(size)))).toBe(0);
  });

  test('is told to be too long where a comparison would take minutes', () => {
    const metric = metricOf('rougeL');
    const words = 'a '.repeat(size);
    expect(metric.of === 'case' && metric.score(one(words, words))).toMatchObject({
      problem: 'texts of 1000000 and 1000000 words are too long for rougeL',
    });
  });

  test.each(['rouge1', 'rouge2', 'token_f1', 'bleu', 'chrf'])(
    '%s takes it however it is made: spaces, one word, one letter, brackets',
    (name) => {
      const metric = metricOf(name, name.startsWith('rouge') ? { stemmer: true } : {});
      for (const answer of [
        `${' '.repeat(size)}x`,
        'y'.repeat(size),
        'a '.repeat(size / 2),
        '<p>'.repeat(size / 3),
        '\n'.repeat(size),
      ]) {
        const found =
          metric.of === 'case' ? metric.score(one('some text', answer)) : metric.part(one('some text', answer));
        expect(isUnscored(found)).toBe(false);
      }
    },
  );
});
