/** Started by a test: one attempt at a replay in a process of its own, as Temporal would start it; prints the report. */
import { asyncLocalStorage, type Context } from '@temporalio/activity';
import { fixture } from '../../serving/testing/fixture-context.ts';
import { replayActivity } from '../replay.ts';
import type { AttemptInput } from './attempt.ts';

const { root, adminUrl, stable, begun, input } = JSON.parse(process.argv[2] ?? '') as AttemptInput;
const fix = await fixture({ root, gateway: { url: adminUrl, adminUrl } });
fix.endpoint = { stable };
const context = {
  cancellationSignal: new AbortController().signal,
  heartbeat: () => {},
  info: { activityId: 'recent', scheduledTimestampMs: begun, attempt: 1 },
} as unknown as Context;
const report = await asyncLocalStorage.run(context, () => replayActivity(fix.context)(input));
process.stdout.write(JSON.stringify({ report, peak: process.resourceUsage().maxRSS * 1024 }));
