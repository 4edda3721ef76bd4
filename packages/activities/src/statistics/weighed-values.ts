/** Numbers and how often each came. */
export interface Weighed {
  /** Ascending, each once. */
  readonly values: Float64Array;
  readonly counts: Float64Array;
  /** Of all counts. */
  readonly n: number;
}

/** A million answers that are right or wrong are three numbers. */
export function weighed(list: Float64Array): Weighed {
  const sorted = list.slice().sort();
  const counts = new Float64Array(sorted.length);
  let last = -1;
  for (const value of sorted) {
    if (last < 0 || value !== sorted[last]) {
      last += 1;
      sorted[last] = value;
    }
    counts[last] = (counts[last] ?? 0) + 1;
  }
  return { values: sorted.slice(0, last + 1), counts: counts.slice(0, last + 1), n: list.length };
}

/** Every number with its sign changed. */
export function mirrored({ values, counts, n }: Weighed): Weighed {
  return { values: values.map((value) => -value).reverse(), counts: counts.slice().reverse(), n };
}

export function meanOf({ values, counts, n }: Weighed): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += (values[i] ?? 0) * (counts[i] ?? 0);
  return sum / n;
}
