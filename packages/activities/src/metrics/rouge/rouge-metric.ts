import { upToOne } from '../facts.ts';
import { type Answered, badAnswer, type CaseMetric, isUnscored, type Unscored } from '../metric.ts';
import type { OptionReader } from '../options.ts';
import { textsOf } from '../texts.ts';
import { type Rouge, rougeL, rougeLsum, rougeN, type TooLong } from './rouge.ts';
import { hasUnseenLetters, rougeTokenizer } from './rouge-tokens.ts';

/**
 * `rouge1` … `rouge9`, `rougeL` and `rougeLsum`, equal to Google's `rouge_score` 0.1.2. Of several expected texts the
 * one with the highest F1 counts, as in its `score_multi`.
 *
 * Options: `stemmer`, words by their stem, @default false; `measure`, `f1`, `precision` or `recall`, @default f1;
 * `tokenizer`, `rouge_score` or `unicode`, @default rouge_score, which drops every letter but a to z.
 */
export function rougeMetric(options: OptionReader): CaseMetric {
  const kind = options.metric.slice('rouge'.length);
  const measure = options.oneOf('measure', 'f1', ['f1', 'precision', 'recall']);
  const stemmer = options.flag('stemmer', false);
  const tokenizer = options.oneOf('tokenizer', 'rouge_score', ['rouge_score', 'unicode']);
  const tokenize = rougeTokenizer(tokenizer, stemmer);
  const compare = (expected: string, answer: string): Rouge | TooLong => {
    if (kind === 'L') return rougeL(expected, answer, tokenize);
    return kind === 'Lsum' ? rougeLsum(expected, answer, tokenize) : rougeN(expected, answer, Number(kind), tokenize);
  };
  return {
    of: 'case',
    ...upToOne(options),
    score(one) {
      const best = bestOf(one, compare);
      return isUnscored(best) ? best : best[measure];
    },
    note: (one) => (tokenizer === 'rouge_score' ? unseenLetters(one) : null),
  };
}

function bestOf(one: Answered, compare: (expected: string, answer: string) => Rouge | TooLong): Rouge | Unscored {
  const texts = textsOf(one);
  if (isUnscored(texts)) return texts;
  let best: Rouge | null = null;
  for (const expected of texts.expected) {
    const found = compare(expected, texts.answer);
    if ('tooLong' in found) return badAnswer(found.tooLong);
    if (best === null || found.f1 > best.f1) best = found;
  }
  return best ?? badAnswer('there is nothing to compare with');
}

function unseenLetters(one: Answered): string | null {
  const texts = textsOf(one);
  if (isUnscored(texts) || ![...texts.expected, texts.answer].some(hasUnseenLetters)) return null;
  return "letters other than a to z do not count, as in rouge_score; tokenizer: 'unicode' counts them";
}
