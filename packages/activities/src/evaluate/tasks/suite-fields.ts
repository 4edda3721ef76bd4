import { milliseconds } from '@sluice/sdk';
import { z } from 'zod';

/** What a timer can count: 2³¹ milliseconds are none. */
const LONGEST = 24 * 3_600_000;

/** A duration as the pipeline's own are: milliseconds, or words such as `30 seconds`. */
export const duration = z.union([z.number(), z.string()]).transform((value, context): number => {
  try {
    const time = milliseconds(value as number, 'suite.json');
    if (time > 0 && time <= LONGEST) return time;
  } catch {
    // said below
  }
  context.addIssue({ code: 'custom', message: "expected a duration over 0 and up to a day, such as '30 seconds'" });
  return z.NEVER;
});

/** Further fields of a request to a model. */
export const parameters = z.record(z.string(), z.json());

const finite = z.number();

/** What holds a metric, whichever, against the baseline. */
export const marginFields = {
  /** Its name in results, where one metric stands twice. */
  as: z.string().min(1).max(100).optional(),
  /** How much worse than the baseline is still good enough, in the metric's unit. */
  margin: finite.positive().nullable().default(null),
  /** The same by category; such a category has to be decided. */
  margins: z.record(z.string(), finite.positive()).default({}),
};
