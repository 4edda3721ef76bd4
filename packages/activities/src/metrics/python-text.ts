/**
 * What Python's `str` does where JavaScript's does something else: the reference libraries are written in Python, and
 * a score has to be theirs for every text.
 */

/** The characters that `str.isspace` knows: JavaScript's \s has U+FEFF besides, and lacks U+001C–1F and U+0085. */
const space = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const notSpaces = new RegExp(`[^${space}]+`, 'g');
const isSpace = new RegExp(`[${space}]`);

/** `text.split()` */
export function words(text: string): string[] {
  return text.match(notSpaces) ?? [];
}

/** `text.rstrip()` */
export function withoutSpaceAtEnd(text: string): string {
  // Not by a pattern that ends in $: it looks at every run of spaces from each of its places.
  let end = text.length;
  while (end > 0 && isSpace.test(text[end - 1] as string)) end -= 1;
  return text.slice(0, end);
}

/** `string.punctuation`: what of ASCII is neither letter, digit nor space. */
export const punctuation: ReadonlySet<string> = new Set('!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~');
