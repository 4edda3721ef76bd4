import { describe, expect, test } from 'vitest';
import { type Answered, type CaseMetric, type CorpusMetric, worstScore } from './metric.ts';
import type { MetricOptions } from './options.ts';
import { metricOf, metrics } from './table.ts';

const answered = (expected: Answered['expected'], answer: Answered['answer'], latencyMs: number | null = 12) => ({
  expected,
  answer,
  latencyMs,
});
const score = (name: string, one: Answered, options: MetricOptions = {}) =>
  (metricOf(name, options) as CaseMetric).score(one);

/** Something that a suite could expect of the metric. */
function rightFor(name: string): Answered['expected'] {
  if (/^(mae|rmse)$/.test(name)) return 1;
  if (/^(cosine|fid|kid)$/.test(name)) return [1, 2];
  return name === 'entity_f1' ? [{ start: 0, end: 2, label: 'LOC' }] : 'text';
}

describe('finding a metric', () => {
  test('every metric of the table knows its own name and says what moves its number', () => {
    for (const [name, metric] of Object.entries(metrics)) {
      expect(metric.name).toBe(name);
      expect(metric.signature.split('|')[0]).toBe(name);
    }
  });

  test('a name that there is not is refused with the closest one', () => {
    expect(() => metricOf('rougel')).toThrow('There is no metric "rougel". Did you mean "rougeL"?');
    expect(() => metricOf('constructor')).toThrow('There is no metric "constructor".');
  });

  test('an option that there is not is refused with the closest one, and a value that cannot be with what can', () => {
    expect(() => metricOf('rouge1', { stemer: true })).toThrow(
      'rouge1 has no option "stemer". Did you mean "stemmer"?',
    );
    expect(() => metricOf('rouge1', { stemmer: 'yes' })).toThrow('rouge1: stemmer is "yes".');
    expect(() => metricOf('rougeL', { measure: 'F' })).toThrow('rougeL: measure is "F".');
    expect(() => metricOf('chrf', { charOrder: 2.5 })).toThrow('chrf: charOrder is 2.5.');
    expect(() => metricOf('kid', { subsets: 0 })).toThrow('kid: subsets is 0.');
    expect(() => metricOf('mae', { stemmer: true })).toThrow('mae has no option "stemmer".');
  });

  test('the signature has every option, given or by default', () => {
    expect(metricOf('rouge2').signature).toBe('rouge2|measure:f1|stemmer:no|tokenizer:rouge_score');
    expect(metricOf('rouge3', { stemmer: true, tokenizer: 'unicode' }).signature).toBe(
      'rouge3|measure:f1|stemmer:yes|tokenizer:unicode',
    );
  });

  test('a case without an answer has the worst score that there is, or none where errors have no end', () => {
    expect(worstScore(metricOf('rouge1'))).toBe(0);
    expect(worstScore(metricOf('mae'))).toBeNull();
  });
});

describe('what cannot be scored says why', () => {
  test.each(Object.keys(metrics).filter((name) => name !== 'latency'))('%s of no answer', (name) => {
    const metric = metricOf(name);
    const one = answered(rightFor(name), null);
    expect(metric.of === 'case' ? metric.score(one) : metric.part(one)).toMatchObject({ blame: 'answer' });
  });

  test('a number, an object or several texts are no text', () => {
    for (const answer of [12, { text: 'x' }, ['a', 'b'], true]) {
      expect(score('rouge1', answered('text', answer))).toMatchObject({
        problem: expect.stringMatching(/^the answer .* is not a text$/),
      });
    }
  });

  test('a wrong expectation is the fault of the suite, not of the model', () => {
    expect(score('rougeL', answered(3, 'x'))).toMatchObject({ blame: 'expected' });
    expect(score('token_f1', answered([], 'x'))).toMatchObject({ blame: 'expected' });
    expect(score('mae', answered('3', 3))).toMatchObject({ blame: 'expected' });
    expect(score('exact_match', answered(null, 'x'))).toMatchObject({ blame: 'expected' });
  });

  test('NaN, infinity, text, nothing and several numbers are no number', () => {
    for (const answer of [Number.NaN, Number.POSITIVE_INFINITY, '3', null, [], {}, [1, 2], true, ['3']]) {
      expect(score('mae', answered(3, answer))).toMatchObject({ blame: 'answer' });
      expect(score('log_loss', answered(1, answer))).toMatchObject({ blame: 'answer' });
    }
  });

  test('megabytes that are no text are not repeated in the problem', () => {
    const problem = score('rouge1', answered('x', [{ html: 'y'.repeat(5_000_000) }, 2])) as { problem: string };
    expect(problem.problem.length).toBeLessThan(120);
  });

  test('no latency is no score', () => {
    expect(score('latency', answered('x', 'y', null))).toMatchObject({ blame: 'answer' });
    expect(score('latency', answered('x', null, 7.5))).toBe(7.5);
  });
});

describe('exact match', () => {
  test('is strict by default, and lenient as far as it is told', () => {
    expect(score('exact_match', answered('The End.', 'the end'))).toBe(0);
    expect(score('exact_match', answered('End', 'end'), { ignoreCase: true })).toBe(1);
    expect(score('exact_match', answered('end', ' end\n'), { strip: true })).toBe(1);
    expect(score('exact_match', answered('The End.', ' end'), { squad: true })).toBe(1);
  });

  test('takes one of several texts, and compares everything else as JSON', () => {
    expect(score('exact_match', answered(['a', 'b'], 'b'))).toBe(1);
    expect(score('exact_match', answered({ a: 1, b: [2] }, { b: [2], a: 1 }))).toBe(1);
    expect(score('exact_match', answered({ a: 1 }, { a: '1' }))).toBe(0);
    expect(score('exact_match', answered(['a', 'b'], ['b', 'a']))).toBe(0);
  });
});

describe('texts', () => {
  test('of several expected texts the best counts', () => {
    expect(score('rouge1', answered(['no', 'the very same'], 'the very same'))).toBe(1);
    expect(score('token_f1', answered(['no', 'the very same'], 'very same'))).toBe(1);
  });

  test('a server that answers a list of one text has answered the text', () => {
    expect(score('rouge1', answered('the same', ['the same']))).toBe(1);
  });

  test('letters that rouge_score does not see are told, and the unicode tokenizer sees them', () => {
    const one = answered('東京は日本の首都', '東京は日本の首都');
    expect(score('rouge1', one)).toBe(0);
    expect(metricOf('rouge1').note?.(one)).toContain("tokenizer: 'unicode'");
    expect(score('rouge1', one, { tokenizer: 'unicode' })).toBe(1);
    expect(metricOf('rouge1', { tokenizer: 'unicode' }).note?.(one)).toBeNull();
    expect(metricOf('rouge1').note?.(answered('plain', 'ascii'))).toBeNull();
    // Thai and Han by character, Cyrillic and accents by word.
    expect(score('rouge1', answered('Москва и café', 'МОСКВА, café'), { tokenizer: 'unicode' })).toBeCloseTo(0.8, 12);
  });
});

describe('numbers', () => {
  test('a root mean square holds where squares are too large for numbers, and without cases is nothing', () => {
    const rmse = metricOf('rmse') as CorpusMetric<number>;
    expect(rmse.score([])).toBeNull();
    expect(rmse.score([0, 0])).toBe(0);
    expect(rmse.score([1e200, 1e200])).toBeCloseTo(1e200, -190);
    expect(rmse.score([3, 4])).toBeCloseTo(Math.sqrt(12.5), 12);
  });

  test('a table server answers the value in a list or an object', () => {
    expect(score('mae', answered(3, [4.5]))).toBe(1.5);
    expect(score('mae', answered(3, { '0': 1 }))).toBe(2);
  });
});
