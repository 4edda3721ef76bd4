import { porterStem } from './porter-stemmer.ts';

/** Turns a text into the words that ROUGE compares. */
export type Tokenize = (text: string) => string[];

/**
 * `rouge_score` knows the letters a to z and digits: `é` parts a word, and a text in Japanese has no words at all.
 * `unicode` takes runs of letters, their marks and digits of every script, and each character of a script that is
 * written without spaces by itself.
 */
export type TokenizerName = 'rouge_score' | 'unicode';

const ascii = /[a-z0-9]+/g;
/** Scripts written without spaces between words, and everything else that makes words. */
const unspaced = '\\p{sc=Han}\\p{sc=Hira}\\p{sc=Kana}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmr}\\p{sc=Mymr}';
const everyScript = new RegExp(
  `[${unspaced}]\\p{M}*|(?:(?![${unspaced}])[\\p{L}\\p{N}])(?:(?![${unspaced}])[\\p{L}\\p{N}\\p{M}])*`,
  'gu',
);

export function rougeTokenizer(name: TokenizerName, stemmer: boolean): Tokenize {
  const pattern = name === 'unicode' ? everyScript : ascii;
  const split = (text: string): string[] => text.toLowerCase().match(pattern) ?? [];
  if (!stemmer) return split;
  const stem = remembered(porterStem);
  return (text) => {
    const tokens = split(text);
    for (let i = 0; i < tokens.length; i += 1) {
      const token = tokens[i] ?? '';
      if (token.length > 3) tokens[i] = stem(token);
    }
    return tokens;
  };
}

/** A letter or digit that `rouge_score` does not see. */
export function hasUnseenLetters(text: string): boolean {
  return unseen.test(text);
}
const unseen = /[^\0-\x7f\u{130}\u{212a}]/u;

/** Texts say the same words again and again. What is remembered is bounded. */
function remembered(stem: (word: string) => string): (word: string) => string {
  const known = new Map<string, string>();
  return (word) => {
    const before = known.get(word);
    if (before !== undefined) return before;
    const found = stem(word);
    if (known.size >= 50_000) known.clear();
    if (word.length <= 40) known.set(word, found);
    return found;
  };
}
