/** Middle and ends of a few measurements, in their unit. */
export interface Spread {
  readonly n: number;
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [lower = Number.NaN, upper = lower] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return {
    n: sorted.length,
    median: round((lower + upper) / 2),
    min: round(sorted[0] ?? Number.NaN),
    max: round(sorted.at(-1) ?? Number.NaN),
  };
}

/** Three decimals: milliseconds, where the unit is a second. */
export function round(value: number, digits = 3): number {
  return Number(value.toFixed(digits));
}
