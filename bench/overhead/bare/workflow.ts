import { proxyActivities } from '@temporalio/workflow';
import type { runPython } from './activity.ts';

const activities = proxyActivities<{ runPython: typeof runPython }>({
  startToCloseTimeout: '1 hour',
  retry: { maximumAttempts: 1 },
});

/** What one would write by hand for the pipeline of `../project/pipelines/overhead.ts`. */
export async function bareOverhead(input: { readonly branches: number; readonly concurrency: number }): Promise<void> {
  for (let step = 1; step <= 5; step++) await activities.runPython('noop.py');
  let next = 0;
  const lane = async () => {
    while (next++ < input.branches) await activities.runPython('noop.py');
  };
  await Promise.all(Array.from({ length: Math.min(input.concurrency, input.branches) }, lane));
}
