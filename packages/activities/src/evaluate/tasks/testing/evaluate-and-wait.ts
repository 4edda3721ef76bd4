/** Started by a test, which kills it half way: evaluates by a suite in a folder that is there already. */
import type { SluiceActivities } from '@sluice/sdk';
import { inAttempt } from '../../../partial/testing/in-attempt.ts';
import { fixture } from '../../../serving/testing/fixture-context.ts';
import { fileStore } from '../../../store/file-store.ts';
import { evaluateActivity } from '../../evaluate.ts';

/** With a state folder and a store: as Temporal's first attempt on a machine of that folder. */
const [root = '', input = '', stateDir, store] = process.argv.slice(2);
const own = stateDir === undefined || store === undefined ? {} : { stateDir, store: fileStore(store) };
const fix = await fixture({ root, ...own });
const work = () => evaluateActivity(fix.context)(JSON.parse(input) as Parameters<SluiceActivities['evaluate']>[0]);
await (stateDir === undefined ? work() : inAttempt({ begun: 1, attempt: 1 }, work));
process.stdout.write('done\n');
