/** Gives every different symbol a number from 0 on; one for all texts that are compared. */
export function numbering(): { (symbols: readonly string[]): Int32Array; readonly size: () => number } {
  const known = new Map<string, number>();
  const numbered = (symbols: readonly string[]): Int32Array => {
    const numbers = new Int32Array(symbols.length);
    for (let i = 0; i < symbols.length; i += 1) {
      const symbol = symbols[i] as string;
      let number = known.get(symbol);
      if (number === undefined) {
        number = known.size;
        known.set(symbol, number);
      }
      numbers[i] = number;
    }
    return numbers;
  };
  return Object.assign(numbered, { size: () => known.size });
}

/** How often each n-gram occurs in each of several texts: `counts[text][gram]`. */
export interface NgramCounts {
  readonly order: number;
  /** How many different n-grams there are in all texts together. */
  readonly grams: number;
  readonly counts: readonly Int32Array[];
}

/**
 * The n-grams of several texts, order after order, so that the memory of one order is free for the next. An n-gram is
 * the number of its first n − 1 symbols and its last symbol; both are dense, so the pair is a number without collisions.
 *
 * @param texts symbols as {@link numbering} numbers them
 * @param symbols how many different ones there are
 */
export function* ngramCounts(texts: readonly Int32Array[], symbols: number, maxOrder: number): Generator<NgramCounts> {
  let prefixes = texts;
  let grams = symbols;
  for (let order = 1; order <= maxOrder; order += 1) {
    if (order > 1) {
      const known = new Map<number, number>();
      prefixes = texts.map((text, which) => longer(prefixes[which] as Int32Array, text, order, symbols, known));
      grams = known.size;
    }
    yield { order, grams, counts: prefixes.map((numbers) => countsOf(numbers, grams)) };
  }
}

function longer(
  prefixes: Int32Array,
  text: Int32Array,
  order: number,
  symbols: number,
  known: Map<number, number>,
): Int32Array {
  const numbers = new Int32Array(Math.max(0, text.length - order + 1));
  for (let i = 0; i < numbers.length; i += 1) {
    const gram = (prefixes[i] as number) * symbols + (text[i + order - 1] as number);
    let number = known.get(gram);
    if (number === undefined) {
      number = known.size;
      known.set(gram, number);
    }
    numbers[i] = number;
  }
  return numbers;
}

function countsOf(numbers: Int32Array, grams: number): Int32Array {
  const counts = new Int32Array(grams);
  for (const number of numbers) counts[number] = (counts[number] as number) + 1;
  return counts;
}

/** How many n-grams two texts share, each counted as often as in the text that has it less often. */
export function shared(a: Int32Array, b: Int32Array): number {
  let sum = 0;
  for (let gram = 0; gram < a.length; gram += 1) sum += Math.min(a[gram] as number, b[gram] as number);
  return sum;
}

export function total(counts: Int32Array): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}
