import { createHash } from 'node:crypto';

/**
 * A file name (also a part of a blob name) for any text: the text itself where it is short, lower case and harmless,
 * else its readable part and a hash of the whole. Names are at most 200 bytes, differ for different texts (also on
 * file systems that ignore case) and never begin with a dot.
 */
export function entryName(text: string): string {
  if (/^[a-z0-9][a-z0-9._=@+-]{0,159}$/.test(text)) return text;
  const readable = text
    .replace(/[^A-Za-z0-9._=@+-]+/g, '_')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 120);
  const hash = createHash('sha256').update(text, 'utf8').digest('hex').slice(0, 40);
  return `${readable}~${hash}`;
}
