import { map, pipeline, python, step } from '@sluice/sdk';
import { sluiceWorkflows } from '@sluice/workflows';
import { workflowInfo } from '@temporalio/workflow';
import { z } from 'zod';

/** Which of the codes this is; put in by the test, so that another one is another build. */
const version: string = '%VERSION%';
const run = python('noop.py');

/** A step, and a map in children. */
const large = pipeline({
  name: 'large',
  params: z.object({ keys: z.array(z.string()) }),
  async run({ keys }) {
    if (version === 'renamed') await step('uno', { run });
    else if (version === 'named by chance') await step(`one-${Math.floor(Math.random() * 1e9)}`, { run });
    else await step('one', { run });
    const chosen = version === 'keys by chance' ? keys.map((key) => `${key}-${Math.random()}`) : keys;
    const done = await map('key', chosen, {}, () => step('work', { run }));
    return done.length;
  },
});

const dispatch = sluiceWorkflows({ large });

export default function workflow(...args: unknown[]): Promise<unknown> {
  // A plain error: the task of the child fails and is tried again, so that the child has done nothing so far.
  if (version === 'children wait' && workflowInfo().parent !== undefined) throw new TypeError('not yet');
  return dispatch(...args);
}
