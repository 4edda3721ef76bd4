import { type CorpusMetric, isUnscored } from '../metric.ts';
import { ngramCounts, numbering, shared, total } from '../ngrams.ts';
import type { OptionReader } from '../options.ts';
import { punctuation, words } from '../python-text.ts';
import { textsOf } from '../texts.ts';
import { columnSums } from './sums.ts';

/**
 * chrF, 0 to 100, equal to sacrebleu 2.6: Popović, "chrF: character n-gram F-score for automatic MT evaluation"
 * (2015), and chrF++ with `wordOrder: 2`. Of several expected texts the one with the best score of its own counts.
 *
 * Options: `charOrder`, @default 6; `wordOrder`, @default 0; `beta`, how many times recall counts as precision,
 * @default 2; `lowercase` and `whitespace`, @default false.
 */
export function chrf(options: OptionReader): CorpusMetric<readonly number[]> {
  const charOrder = options.whole('charOrder', 6, 1, 10);
  const wordOrder = options.whole('wordOrder', 0, 0, 4);
  const beta = options.whole('beta', 2, 1, 10);
  const lowercase = options.flag('lowercase', false);
  const whitespace = options.flag('whitespace', false);
  options.end();
  const compare = (expected: string, answer: string): number[] => [
    ...matches(characters(expected, whitespace), characters(answer, whitespace), charOrder),
    ...matches(withoutPunctuation(expected), withoutPunctuation(answer), wordOrder),
  ];
  return {
    name: options.metric,
    of: 'corpus',
    better: 'higher',
    range: [0, 100],
    unit: null,
    // Sacrebleu's own words for it.
    signature: `chrf|case:${lowercase ? 'lc' : 'mixed'}|eff:yes|nc:${charOrder}|nw:${wordOrder}|beta:${beta}|space:${whitespace ? 'yes' : 'no'}|like:sacrebleu-2.6.0`,
    part(one) {
      const texts = textsOf(one);
      if (isUnscored(texts)) return texts;
      const cased = (text: string) => (lowercase ? text.toLowerCase() : text);
      const answer = cased(texts.answer);
      let best: { sums: number[]; score: number } | null = null;
      for (const expected of texts.expected) {
        const sums = compare(cased(expected), answer);
        const score = chrfOf(sums, beta);
        if (best === null || score > best.score) best = { sums, score };
      }
      return best?.sums ?? [];
    },
    score: (parts) => (parts.length === 0 ? null : chrfOf(columnSums(parts), beta)),
  };
}

/** For each order: n-grams of the answer, of the expected text, and of both. */
function matches(expected: readonly string[], answer: readonly string[], maxOrder: number): number[] {
  const number = numbering();
  const texts = [number(expected), number(answer)];
  return [...ngramCounts(texts, number.size(), maxOrder)].flatMap(({ counts }) => {
    const [wanted, said] = counts as [Int32Array, Int32Array];
    const all = total(wanted);
    return [all === 0 ? 0 : total(said), all, shared(wanted, said)];
  });
}

/** The F score of the mean precision and the mean recall of the orders that both texts have. */
function chrfOf(sums: readonly number[], beta: number): number {
  let [precision, recall, orders] = [0, 0, 0];
  for (let at = 0; at < sums.length; at += 3) {
    const [said, wanted, both] = sums.slice(at, at + 3) as [number, number, number];
    if (said === 0 || wanted === 0) continue;
    precision += both / said;
    recall += both / wanted;
    orders += 1;
  }
  if (precision + recall === 0) return 0;
  const factor = beta ** 2;
  return (100 * (1 + factor) * precision * recall) / (orders * (factor * precision + recall));
}

function characters(text: string, whitespace: boolean): string[] {
  return [...(whitespace ? text : words(text).join(''))];
}

/** Words, with one sign at their end or, where there is none, at their beginning as a word of its own. */
function withoutPunctuation(text: string): string[] {
  return words(text).flatMap((word) => {
    const letters = [...word];
    const [head = '', last = ''] = [letters[0], letters.at(-1)];
    if (letters.length === 1) return [word];
    if (punctuation.has(last)) return [letters.slice(0, -1).join(''), last];
    return punctuation.has(head) ? [head, letters.slice(1).join('')] : [word];
  });
}
