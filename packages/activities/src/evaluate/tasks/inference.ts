import type { Interval, SuiteRow } from '../suite-report.ts';

/** What cases say of a number: its value, and how sure it is. */
export interface Inference {
  readonly value: number;
  /** Two-sided, each end with half of what is left of {@link CONFIDENCE}. */
  readonly interval: Interval;
  readonly method: NonNullable<SuiteRow['method']>;
  /** One-sided p of the hypothesis that the number is at most `at`: small, it is above. */
  above(at: number): number;
  /** One-sided p of the hypothesis that the number is at least `at`: small, it is below. */
  below(at: number): number;
  /** How many cases like these would tell on which side of `at` it is; null where no number would, or too large a one. */
  needed(at: number): Promise<number | null>;
}

/** Of every interval. */
export const CONFIDENCE = 0.95;
/** Chance of being wrong at one end. */
export const TAIL = (1 - CONFIDENCE) / 2;

/** The inference about −x, from that about x. */
export function mirror(inference: Inference): Inference {
  const { value, interval, method, above, below, needed } = inference;
  const minus = (end: number | null) => (end === null ? null : -end);
  return {
    value: -value,
    interval: [minus(interval[1]), minus(interval[0])],
    method,
    above: (at) => below(-at),
    below: (at) => above(-at),
    needed: (at) => needed(-at),
  };
}
