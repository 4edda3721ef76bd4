import { type CorpusMetric, isUnscored } from '../metric.ts';
import { ngramCounts, numbering, total } from '../ngrams.ts';
import type { OptionReader } from '../options.ts';
import { textsOf } from '../texts.ts';
import { type BleuTokenizer, bleuTokens } from './bleu-tokens.ts';
import { columnSums } from './sums.ts';

/** n-grams up to four words. */
const ORDER = 4;

/**
 * BLEU, 0 to 100, equal to sacrebleu 2.6: Papineni and others, "BLEU: a method for automatic evaluation of machine
 * translation" (2002). A case contributes words and n-grams, which add up; several expected texts are several
 * references.
 *
 * Options: `tokenize`, `13a`, `char` or `none`, @default 13a; `lowercase`, @default false; `smooth`, `exp`, `floor`,
 * `add-k` or `none`, @default exp; `effectiveOrder`, @default false, which a score of single short texts needs.
 */
export function bleu(options: OptionReader): CorpusMetric<readonly number[]> {
  const tokenize = options.oneOf('tokenize', '13a', ['13a', 'char', 'none']);
  const lowercase = options.flag('lowercase', false);
  const smooth = options.oneOf('smooth', 'exp', ['exp', 'floor', 'add-k', 'none']);
  const effectiveOrder = options.flag('effectiveOrder', false);
  options.end();
  const value = { exp: '', none: '', floor: '[0.10]', 'add-k': '[1.00]' }[smooth];
  return {
    name: options.metric,
    of: 'corpus',
    better: 'higher',
    range: [0, 100],
    unit: null,
    // Sacrebleu's own words for it.
    signature: `bleu|case:${lowercase ? 'lc' : 'mixed'}|eff:${effectiveOrder ? 'yes' : 'no'}|tok:${tokenize}|smooth:${smooth}${value}|like:sacrebleu-2.6.0`,
    part(one) {
      const texts = textsOf(one);
      if (isUnscored(texts)) return texts;
      const cased = (text: string) => (lowercase ? text.toLowerCase() : text);
      return statistics(texts.expected.map(cased), cased(texts.answer), tokenize);
    },
    score: (parts) => (parts.length === 0 ? null : bleuOf(columnSums(parts), smooth, effectiveOrder)),
  };
}

/** Words of the answer, of the expected text nearest in length, then n-grams shared and n-grams of the answer by order. */
function statistics(expected: readonly string[], answer: string, tokenize: BleuTokenizer): number[] {
  const number = numbering();
  const said = number(bleuTokens(answer, tokenize));
  const wanted = expected.map((text) => number(bleuTokens(text, tokenize)));
  const correct: number[] = [];
  const totals: number[] = [];
  for (const { counts, grams } of ngramCounts([said, ...wanted], number.size(), ORDER)) {
    const [own, ...references] = counts as [Int32Array, ...Int32Array[]];
    let matched = 0;
    for (let gram = 0; gram < grams; gram += 1) {
      const count = own[gram] as number;
      if (count === 0) continue;
      let most = 0;
      for (const reference of references) most = Math.max(most, reference[gram] as number);
      matched += Math.min(count, most);
    }
    correct.push(matched);
    totals.push(total(own));
  }
  return [
    said.length,
    nearest(
      said.length,
      wanted.map(({ length }) => length),
    ),
    ...correct,
    ...totals,
  ];
}

/** The nearest of several lengths, and of two as near the shorter. */
function nearest(length: number, lengths: readonly number[]): number {
  return lengths.reduce((best, one) => {
    const nearer = Math.abs(length - one) - Math.abs(length - best);
    return nearer < 0 || (nearer === 0 && one < best) ? one : best;
  });
}

/** `compute_bleu` of sacrebleu, smoothed as Chen and Cherry, "A systematic comparison of smoothing techniques" (2014). */
function bleuOf(sums: readonly number[], smooth: 'exp' | 'floor' | 'add-k' | 'none', effectiveOrder: boolean): number {
  const [said, wanted] = sums as [number, number];
  const correct = sums.slice(2, 2 + ORDER);
  const totals = sums.slice(2 + ORDER);
  if (correct.every((count) => count === 0)) return 0;
  let logs = 0;
  let halves = 1;
  let order = ORDER;
  for (let n = 0; n < ORDER; n += 1) {
    const added = smooth === 'add-k' && n > 0 ? 1 : 0;
    const matched = (correct[n] as number) + added;
    const all = (totals[n] as number) + added;
    if (all === 0) {
      // No n-gram as long as this: the orders up to it alone, or nothing at all.
      if (!effectiveOrder) return 0;
      order = n;
      break;
    }
    let precision = (100 * matched) / all;
    if (matched === 0) {
      if (smooth === 'exp') halves *= 2;
      precision = smooth === 'exp' ? 100 / (halves * all) : smooth === 'floor' ? 10 / all : 0;
    }
    if (precision === 0) return 0;
    logs += Math.log(precision);
  }
  const brevity = said < wanted ? Math.exp(1 - wanted / said) : 1;
  return brevity * Math.exp(logs / order);
}
