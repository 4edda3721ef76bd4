/** Started by a test, which kills it half way: evaluates by a suite in a folder that is there already. */
import type { SluiceActivities } from '@sluice/sdk';
import { fixture } from '../../../serving/testing/fixture-context.ts';
import { evaluateActivity } from '../../evaluate.ts';

const [root = '', input = ''] = process.argv.slice(2);
const fix = await fixture({ root });
await evaluateActivity(fix.context)(JSON.parse(input) as Parameters<SluiceActivities['evaluate']>[0]);
process.stdout.write('done\n');
