/**
 * The stem of an English word in lower case, as NLTK's `PorterStemmer()` finds it in its default mode, which is what
 * `rouge_score` uses: Porter, "An algorithm for suffix stripping", Program 14.3 (1980), with the changes of Martin
 * Porter and of NLTK that are marked below. The packages `stemmer` and `natural` of npm follow the paper, and differ.
 */
export function porterStem(word: string): string {
  const irregular = irregulars.get(word);
  if (irregular !== undefined) return irregular;
  if (word.length <= 2) return word;
  return step5b(step5a(step4(step3(step2(step1c(step1b(step1a(word))))))));
}

/** NLTK's pool of forms that no rule gets right. */
const irregulars: ReadonlyMap<string, string> = new Map([
  ['sky', 'sky'],
  ['skies', 'sky'],
  ['dying', 'die'],
  ['lying', 'lie'],
  ['tying', 'tie'],
  ['news', 'news'],
  ['innings', 'inning'],
  ['inning', 'inning'],
  ['outings', 'outing'],
  ['outing', 'outing'],
  ['cannings', 'canning'],
  ['canning', 'canning'],
  ['howe', 'howe'],
  ['proceed', 'proceed'],
  ['exceed', 'exceed'],
  ['succeed', 'succeed'],
]);

function step1a(word: string): string {
  if (word.endsWith('sses')) return word.slice(0, -2);
  if (word.endsWith('ies')) return word.slice(0, word.length === 4 ? -1 : -2); // NLTK: dies → die
  return word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word;
}

function step1b(word: string): string {
  if (word.endsWith('ied')) return word.slice(0, word.length === 4 ? -1 : -2); // NLTK: died → die
  if (word.endsWith('eed')) return measure(word.slice(0, -3)) > 0 ? word.slice(0, -1) : word;
  const suffix = ['ed', 'ing'].find((one) => word.endsWith(one) && hasVowel(word.slice(0, -one.length)));
  return suffix === undefined ? word : mended(word.slice(0, -suffix.length));
}

/** What is left without -ed or -ing: conflat → conflate, hopp → hop, fil → file. */
function mended(stem: string): string {
  if (stem.endsWith('at') || stem.endsWith('bl') || stem.endsWith('iz')) return `${stem}e`;
  if (endsInDoubleConsonant(stem)) return 'lsz'.includes(stem.at(-1) ?? '') ? stem : stem.slice(0, -1);
  return measure(stem) === 1 && endsCvc(stem) ? `${stem}e` : stem;
}

/** NLTK: only after a consonant that is not the whole stem: spy → spi, enjoy stays. */
function step1c(word: string): string {
  return word.endsWith('y') && word.length > 2 && isConsonant(word, word.length - 2) ? `${word.slice(0, -1)}i` : word;
}

type Rule = readonly [suffix: string, replacement: string];

const rules2: readonly Rule[] = [
  ['ational', 'ate'],
  ['tional', 'tion'],
  ['enci', 'ence'],
  ['anci', 'ance'],
  ['izer', 'ize'],
  ['bli', 'ble'],
  ['alli', 'al'],
  ['entli', 'ent'],
  ['eli', 'e'],
  ['ousli', 'ous'],
  ['ization', 'ize'],
  ['ation', 'ate'],
  ['ator', 'ate'],
  ['alism', 'al'],
  ['iveness', 'ive'],
  ['fulness', 'ful'],
  ['ousness', 'ous'],
  ['aliti', 'al'],
  ['iviti', 'ive'],
  ['biliti', 'ble'],
  ['fulli', 'ful'],
];

function step2(word: string): string {
  // NLTK: first, and its result once more.
  if (word.endsWith('alli') && measure(word.slice(0, -4)) > 0) return step2(word.slice(0, -2));
  if (rules2.some(([suffix]) => word.endsWith(suffix))) return replaced(word, rules2, 0);
  // NLTK: the l counts for the stem, so that geo and theo work like archaeo.
  return word.endsWith('logi') && measure(word.slice(0, -3)) > 0 ? word.slice(0, -1) : word;
}

const rules3: readonly Rule[] = [
  ['icate', 'ic'],
  ['ative', ''],
  ['alize', 'al'],
  ['iciti', 'ic'],
  ['ical', 'ic'],
  ['ful', ''],
  ['ness', ''],
];

function step3(word: string): string {
  return replaced(word, rules3, 0);
}

const suffixes4 = 'al ance ence er ic able ible ant ement ment ent ion ou ism ate iti ous ive ize';
const rules4: readonly Rule[] = suffixes4.split(' ').map((suffix) => [suffix, '']);

function step4(word: string): string {
  if (word.endsWith('ion') && !'st'.includes(word.at(-4) ?? ' ')) return word;
  return replaced(word, rules4, 1);
}

function step5a(word: string): string {
  if (!word.endsWith('e')) return word;
  const stem = word.slice(0, -1);
  const measured = measure(stem);
  return measured > 1 || (measured === 1 && !endsCvc(stem)) ? stem : word;
}

function step5b(word: string): string {
  return word.endsWith('ll') && measure(word.slice(0, -1)) > 1 ? word.slice(0, -1) : word;
}

/** The first suffix that fits decides, whether its stem is long enough or not. */
function replaced(word: string, rules: readonly Rule[], above: number): string {
  for (const [suffix, replacement] of rules) {
    if (!word.endsWith(suffix)) continue;
    const stem = word.slice(0, word.length - suffix.length);
    return measure(stem) > above ? stem + replacement : word;
  }
  return word;
}

/** Porter's m: how many times a vowel is followed by a consonant. */
function measure(stem: string): number {
  let count = 0;
  let before = true;
  for (let i = 0; i < stem.length; i += 1) {
    const consonant = isConsonantAfter(stem[i], i === 0 ? null : before);
    if (consonant && !before) count += 1;
    before = consonant;
  }
  return count;
}

function hasVowel(stem: string): boolean {
  let before: boolean | null = null;
  for (const letter of stem) {
    before = isConsonantAfter(letter, before);
    if (!before) return true;
  }
  return false;
}

function isConsonant(word: string, at: number): boolean {
  let from = at;
  while (from > 0 && word[from] === 'y') from -= 1; // A y is told by what is before it.
  let consonant = isConsonantAfter(word[from], null);
  for (let i = from + 1; i <= at; i += 1) consonant = !consonant;
  return consonant;
}

/** @param before whether the letter before is a consonant; null at the beginning */
function isConsonantAfter(letter: string | undefined, before: boolean | null): boolean {
  if (letter === 'a' || letter === 'e' || letter === 'i' || letter === 'o' || letter === 'u') return false;
  return letter === 'y' && before !== null ? !before : true;
}

function endsInDoubleConsonant(word: string): boolean {
  return word.length >= 2 && word.at(-1) === word.at(-2) && isConsonant(word, word.length - 1);
}

/** Porter's *o; NLTK: a vowel and a consonant alone do too. */
function endsCvc(word: string): boolean {
  const last = word.length - 1;
  if (word.length === 2) return !isConsonant(word, 0) && isConsonant(word, 1);
  if (word.length < 3 || 'wxy'.includes(word[last] ?? '')) return false;
  return isConsonant(word, last - 2) && !isConsonant(word, last - 1) && isConsonant(word, last);
}
