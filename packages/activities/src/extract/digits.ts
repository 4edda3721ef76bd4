/**
 * A number to 12 digits, whole ones as they are: DuckDB shares a sum of doubles among threads, and the digits beyond are
 * others every time.
 */
export function twelveDigits(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(12));
}
