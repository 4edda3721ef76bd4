/** A range of numbers as checks have it; null is an open end. */
export interface NumberRange {
  readonly min: number | string | null;
  readonly max: number | string | null;
  readonly strict?: 'min' | 'max' | 'both';
}

/** NaN lies outside of every range. */
export function isWithin(value: number, { min, max, strict }: NumberRange): boolean {
  if (Number.isNaN(value)) return false;
  const low = min === null ? Number.NEGATIVE_INFINITY : Number(min);
  const high = max === null ? Number.POSITIVE_INFINITY : Number(max);
  const over = min !== null && (strict === 'min' || strict === 'both') ? value > low : value >= low;
  const under = max !== null && (strict === 'max' || strict === 'both') ? value < high : value <= high;
  return over && under;
}

/** `10 to 20`, `>= 10`, `< 20`. */
export function rangeText({ min, max, strict }: NumberRange): string {
  const least = strict === 'min' || strict === 'both' ? '>' : '>=';
  const most = strict === 'max' || strict === 'both' ? '<' : '<=';
  if (min === null) return max === null ? 'any' : `${most} ${max}`;
  if (max === null) return `${least} ${min}`;
  if (min === max) return `= ${min}`;
  return strict === undefined ? `${min} to ${max}` : `${least} ${min} and ${most} ${max}`;
}
