import { map, pipeline, python, step } from '@sluice/sdk';
import { z } from 'zod';

/** Jobs on two classes that say which GPUs they see, and from when to when. */
export const jobs = pipeline({
  name: 'jobs',
  params: z.object({ jobs: z.array(z.string()) }),
  async run({ jobs }) {
    const seen = await map('job', jobs, {}, (name) =>
      step('see', { run: python('see.py'), hyper: { name }, on: 'a100' }),
    );
    const cpu = await step('cpu', { run: python('see.py'), on: 'cpu' });
    return { seen: seen.map(({ value }) => value), cpu: cpu.value };
  },
});
