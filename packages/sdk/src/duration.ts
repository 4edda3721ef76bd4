import type { Duration } from '@temporalio/common';
import ms from 'ms';
import { ErrorCode, SluiceError } from './errors.ts';

export type { Duration };

/** Milliseconds of a Temporal `Duration`: a number is milliseconds already, a string is `'2 days'`, `'90s'`. */
export function milliseconds(duration: Duration, where: string): number {
  const value = typeof duration === 'number' ? duration : ms(duration as ms.StringValue);
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw new SluiceError(ErrorCode.InvalidStep, `${JSON.stringify(duration)} is not a duration.`, {
      where,
      fix: "Write milliseconds as a number, or words such as '90 seconds', '24 hours', '2 days'.",
    });
  }
  return value;
}
