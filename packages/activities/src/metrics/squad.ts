import { upToOne } from './facts.ts';
import { type CaseMetric, isUnscored } from './metric.ts';
import type { OptionReader } from './options.ts';
import { punctuation, words } from './python-text.ts';
import { textsOf } from './texts.ts';

/** An article that is a word: Python's \b sees letters and digits of every script, JavaScript's those of ASCII. */
const article = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;

/** `normalize_answer` of SQuAD's evaluation (v2.0): lower case, no punctuation of ASCII, no articles, single spaces. */
export function squadNormal(text: string): string {
  return squadTokens(text).join(' ');
}

function squadTokens(text: string): string[] {
  let kept = '';
  for (const character of text.toLowerCase()) if (!punctuation.has(character)) kept += character;
  return words(kept.replace(article, ' '));
}

/**
 * F1 of the words that answer and expected text share, as SQuAD's evaluation (v2.0) computes it; the best of several
 * texts. Two empty texts are the same.
 */
export function tokenF1(options: OptionReader): CaseMetric {
  return {
    of: 'case',
    ...upToOne(options),
    score(one) {
      const texts = textsOf(one);
      if (isUnscored(texts)) return texts;
      const answer = squadTokens(texts.answer);
      return texts.expected.reduce((best, text) => Math.max(best, sharedF1(squadTokens(text), answer)), 0);
    },
  };
}

function sharedF1(expected: readonly string[], answer: readonly string[]): number {
  if (expected.length === 0 || answer.length === 0) return expected.length === answer.length ? 1 : 0;
  const left = new Map<string, number>();
  for (const word of expected) left.set(word, (left.get(word) ?? 0) + 1);
  let shared = 0;
  for (const word of answer) {
    const count = left.get(word) ?? 0;
    if (count === 0) continue;
    shared += 1;
    left.set(word, count - 1);
  }
  if (shared === 0) return 0;
  const precision = shared / answer.length;
  const recall = shared / expected.length;
  return (2 * precision * recall) / (precision + recall);
}
