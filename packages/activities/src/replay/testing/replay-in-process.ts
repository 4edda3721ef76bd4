/** Started by a test: one attempt at a replay in a process of its own, as Temporal would start it; prints the report. */
import { inAttempt } from '../../partial/testing/in-attempt.ts';
import { fixture } from '../../serving/testing/fixture-context.ts';
import { fileStore } from '../../store/file-store.ts';
import { replayActivity } from '../replay.ts';
import type { AttemptInput } from './attempt.ts';

const { root, adminUrl, stable, begun, input, moved } = JSON.parse(process.argv[2] ?? '') as AttemptInput;
const fix = await fixture({
  root,
  gateway: { url: adminUrl, adminUrl },
  ...(moved === undefined ? {} : { stateDir: moved.stateDir, store: fileStore(moved.store) }),
});
fix.endpoint = { stable };
const report = await inAttempt({ begun, attempt: moved?.attempt ?? 1 }, () => replayActivity(fix.context)(input));
process.stdout.write(JSON.stringify({ report, peak: process.resourceUsage().maxRSS * 1024 }));
