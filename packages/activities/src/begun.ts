import { Context } from '@temporalio/activity';

/** Epoch ms at which the step began: the same for every attempt at it. Now, where no activity runs. */
export function stepBegun(): number {
  try {
    return Context.current().info.scheduledTimestampMs;
  } catch {
    return Date.now();
  }
}
