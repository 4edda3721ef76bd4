import { map, pipeline, python, step } from '@sluice/sdk';
import { z } from 'zod';

const noop = { run: python('noop.py') };

/** Five steps in a row, then so many branches of one step each. */
export const overhead = pipeline({
  name: 'overhead',
  params: z.object({ branches: z.int().nonnegative(), concurrency: z.int().positive() }),
  async run({ branches, concurrency }) {
    for (const number of [1, 2, 3, 4, 5]) await step(`step-${number}`, noop);
    const keys = Array.from({ length: branches }, (_, index) => `${index}`);
    await map('branch', keys, { concurrency }, () => step('work', noop));
  },
});
