import { withoutSpaceAtEnd, words } from '../python-text.ts';

export type BleuTokenizer = '13a' | 'char' | 'none';

/** The words of a text as sacrebleu's tokenizer of that name parts them. */
export function bleuTokens(text: string, tokenizer: BleuTokenizer): string[] {
  const line = withoutSpaceAtEnd(text);
  if (tokenizer === 'none') return words(line);
  if (tokenizer === 'char') return [...line].flatMap(words);
  return words(parted(` ${unescaped(line)} `));
}

/** The tokenizer of NIST's `mteval-v13a.pl`, which WMT scores with. */
function unescaped(line: string): string {
  return line
    .replaceAll('<skipped>', '')
    .replaceAll('-\n', '')
    .replaceAll('\n', ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>');
}

function parted(line: string): string {
  return line
    .replace(/([{-~[-` -&(-+:-@/])/g, ' $1 ')
    .replace(/([^0-9])([.,])/gu, '$1 $2 ') // a period or comma, unless a digit is before it
    .replace(/([.,])([^0-9])/gu, ' $1 $2') // or after it
    .replace(/([0-9])(-)/g, '$1 $2 ');
}
