/** A stretch of a text, and whether the other text has it at this place. */
export interface Stretch {
  readonly text: string;
  readonly changed: boolean;
}

/** Pairs of words that are looked at at most; texts that differ in more are not worth a diff. */
const MOST_PAIRS = 250_000;

/** Share of a text that both must have: of less, marks would only make both hard to read. */
const LEAST_COMMON = 0.3;

const words = new Intl.Segmenter(undefined, { granularity: 'word' });

/** Two texts word by word, as few words changed as can be; null where they are too long, or have little in common. */
export function wordDiff(
  old: string,
  now: string,
): { readonly old: readonly Stretch[]; readonly now: readonly Stretch[] } | null {
  const [a, b] = [wordsOf(old), wordsOf(now)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const [n, m] = [a.length - start - end, b.length - start - end];
  if (n * m > MOST_PAIRS) return null;
  const kept = commonWords(a.slice(start, start + n), b.slice(start, start + m));
  const changed = (of: number, length: number, side: 0 | 1) => {
    const same = new Set(kept.map((pair) => pair[side] + start));
    return Array.from({ length: of }, (_, i) => i >= start && i < start + length && !same.has(i));
  };
  const diff = { old: stretches(a, changed(a.length, n, 0)), now: stretches(b, changed(b.length, m, 1)) };
  const common = diff.old.reduce((sum, one) => sum + (one.changed ? 0 : one.text.length), 0);
  return common <= LEAST_COMMON * Math.max(old.length, now.length) ? null : diff;
}

function wordsOf(text: string): string[] {
  return [...words.segment(text)].map(({ segment }) => segment);
}

/** Places of the longest common subsequence. */
function commonWords(a: readonly string[], b: readonly string[]): (readonly [number, number])[] {
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const pairs: (readonly [number, number])[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return pairs;
}

/** Neighbours of one kind together; a space between two changed words is part of the change. */
function stretches(list: readonly string[], changed: readonly boolean[]): Stretch[] {
  const found: { text: string; changed: boolean }[] = [];
  for (const [i, text] of list.entries()) {
    const between = changed[i - 1] === true && changed[i + 1] === true;
    const own = /^\s+$/.test(text) ? between : changed[i] === true;
    const last = found.at(-1);
    if (last?.changed === own) last.text += text;
    else found.push({ text, changed: own });
  }
  return found;
}
