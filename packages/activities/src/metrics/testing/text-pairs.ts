import { type Random, seededRandom } from '../../statistics/random.ts';

/** A text that was expected and the answer of a model. */
export type TextPair = readonly [expected: string, answer: string];

/** Random pairs that look like summaries and answers, with what texts of the world do to a tokenizer. */
export function randomPairs(count: number, seed: number | string): TextPair[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const expected = randomText(random);
    return [expected, random.below(5) === 0 ? randomText(random) : changed(random, expected)] as const;
  });
}

/** Words that suffixes are cut off, in all ways that the rules of a stemmer know; some are no words at all. */
export function randomWords(count: number, seed: number | string): string[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const syllables = Array.from({ length: 1 + random.below(3) }, () => pick(random, onsets) + pick(random, vowels));
    return (
      syllables.join('') + pick(random, codas) + pick(random, suffixes) + (random.below(4) ? '' : pick(random, ends))
    );
  });
}

const onsets = [
  'b',
  'c',
  'd',
  'f',
  'g',
  'l',
  'm',
  'n',
  'p',
  'r',
  's',
  't',
  'v',
  'y',
  'tr',
  'st',
  'ph',
  'qu',
  'sh',
  '',
  '',
];
const vowels = ['a', 'e', 'i', 'o', 'u', 'y', 'ee', 'ou', 'ai'];
const codas = [
  '',
  '',
  'l',
  'll',
  'n',
  'nn',
  's',
  'ss',
  't',
  'tt',
  'w',
  'x',
  'y',
  'z',
  'zz',
  'b',
  'bb',
  'r',
  'g',
  'at',
  'bl',
  'iz',
];
const suffixes =
  ' s es ies ied ed ing eed y ational tional enci anci izer bli abli alli entli eli ousli ization ation ator alism iveness fulness ousness aliti iviti biliti fulli logi icate ative alize iciti ical ful ness al ance ence er ic able ible ant ement ment ent ion sion tion ou ism ate iti ous ive ize e ll ly 7'.split(
    ' ',
  );
const ends = ['s', 'ly', 'ed', 'ing', 'ness', 'ies', 'y'];

const plain =
  'the a an of to in and is was for on with as by it that flight flights delay delayed delays delaying weather runway carriers carrier airport airports arrived arriving arrival departure departing schedule scheduled scheduling 2013 14 3.5 1,000 minutes hourly connection connections relational generously happiness dying news skies enjoying sky university operator operators agreed'.split(
    ' ',
  );
const odd = [
  'naïve', 'café', 'CAFÉ', 'Straße', 'ΣΊΣΥΦΟΣ', 'Москва', 'москва', '東京', '日本語のテキスト', 'こんにちは', '한국어', 'สวัสดี', 'हिन्दी', 'مرحبا',
  'e\u0301te\u0301', 'İstanbul', 'ı', '\u212aelvin', '👍', '👩‍👩‍👧', '🇩🇪', '𝒳', '\ud83d', '½', '٣', 'Ⅷ', '_under_score_', 'don\u2019t', "don't",
  '<skipped>', '&amp;', '&quot;x&quot;', '&lt;b&gt;', '(hi)', '((', '...', '?!', 'a.b', '3.', '.5', '5-4', 'x-\ny', 'U.S.A.', '$5', '“quoted”', 'the_end', 'an.', '\u00ad', '\0',
]; // biome-ignore format: a list of texts
const spaces = [
  ' ',
  ' ',
  ' ',
  ' ',
  ' ',
  ' ',
  ' ',
  '\n',
  '\n',
  '  ',
  '\t',
  '\u00a0',
  '\u3000',
  '\x1c',
  '\x85',
  '\ufeff',
  '\r\n',
  '\n\n',
  '\u2028',
];

function randomText(random: Random): string {
  const kind = random.below(20);
  if (kind === 0) return '';
  if (kind === 1) return pick(random, [' ', '\n', '。', '...', '👍', 'the', 'a an the', '\u00a0', 'Yes', '0']);
  const length = kind < 6 ? 1 + random.below(4) : 3 + random.below(kind < 18 ? 25 : 90);
  let text = '';
  for (let i = 0; i < length; i += 1) {
    text += word(random) + (random.below(8) === 0 ? pick(random, [',', '.', ';', '!', '?', ':', '-']) : '');
    if (i < length - 1 || random.below(6) === 0)
      text += pick(random, random.below(4) === 0 ? spaces : [' ', ' ', ' ', '\n']);
  }
  return text;
}

function word(random: Random): string {
  const from = random.below(12);
  if (from === 0) return pick(random, odd);
  if (from === 1) return randomWords(1, random.next())[0] ?? '';
  const one = pick(random, plain);
  return from === 2 ? one.toUpperCase() : from === 3 ? one[0]?.toUpperCase() + one.slice(1) : one;
}

/** An answer that has much of the text: words left out, put in, taken for others, said twice, lines exchanged. */
function changed(random: Random, text: string): string {
  const lines = text.split('\n').map((line) =>
    line
      .split(' ')
      .flatMap((one) => {
        const change = random.below(14);
        if (change === 0) return [];
        if (change === 1) return [one, word(random)];
        if (change === 2) return [word(random)];
        return change === 3 ? [one, one] : [one];
      })
      .join(' '),
  );
  if (random.below(3) === 0) lines.reverse();
  return lines.join(random.below(8) === 0 ? ' ' : '\n');
}

function pick<Value>(random: Random, values: readonly Value[]): Value {
  return values[random.below(values.length)] as Value;
}
