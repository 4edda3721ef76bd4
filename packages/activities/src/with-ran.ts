import type { Ran } from '@sluice/sdk';
import { activityInfo } from '@temporalio/activity';

/**
 * Adds to an activity's result when it ran, by this machine's clock: the workflow may hear of it much later, and takes it
 * off again. Outside of Temporal there is no such gap, and results stay as they are.
 */
export function withRan<Input, Result extends object>(
  activity: (input: Input) => Promise<Result & Ran>,
  inTemporal: () => boolean = isInTemporal,
): (input: Input) => Promise<Result & Ran> {
  return async (input) => {
    const startedAt = Date.now();
    const result = await activity(input);
    return inTemporal() ? { ...result, ran: { startedAt, at: Date.now() } } : result;
  };
}

function isInTemporal(): boolean {
  try {
    activityInfo();
    return true;
  } catch {
    return false;
  }
}
