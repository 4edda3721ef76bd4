import ms from 'ms';
import { ErrorCode, SluiceError } from './errors.ts';

/** Milliseconds as a number, or words such as `'90 seconds'`, `'24 hours'`, `'2 days'`: the same as Temporal's. */
export type Duration = ms.StringValue | number;

/** What Temporal's server can still count with; a longer time is a slip of the pen. */
const LONGEST = 100 * 365 * 86_400_000;

/**
 * Milliseconds of a Temporal `Duration`: a number is milliseconds already, a string is `'2 days'`, `'90s'`.
 *
 * @throws SluiceError `InvalidStep` for anything else, for a negative time and for more than a hundred years
 */
export function milliseconds(duration: Duration, where: string, label?: string): number {
  const value = parse(duration);
  if (value !== null && value >= 0 && value <= LONGEST) return Math.round(value);
  const given = typeof duration === 'string' ? JSON.stringify(duration) : String(duration);
  const what = label === undefined ? given : `${label} ${given}`;
  throw new SluiceError(ErrorCode.InvalidStep, `${what} is not a duration.`, {
    where,
    fix: "Write milliseconds as a number, or words such as '90 seconds', '24 hours', '2 days'.",
  });
}

/** The same in words, `'90 seconds'`, in the largest unit of which it is a whole number. */
export function inWords(time: number): string {
  for (const [unit, size] of units) {
    const count = time / size;
    if (Number.isInteger(count) && count >= (unit === 'day' ? 2 : 1))
      return `${count} ${unit}${count === 1 ? '' : 's'}`;
  }
  return `${time} ms`;
}

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

function parse(duration: unknown): number | null {
  if (typeof duration === 'number') return Number.isFinite(duration) ? duration : null;
  // `ms` throws for an empty text and for one over 100 characters, and gives undefined or NaN for other words.
  if (typeof duration !== 'string' || duration.length === 0 || duration.length > 100) return null;
  const value: unknown = ms(duration as ms.StringValue);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
