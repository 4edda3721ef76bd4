import { pipeline, python, step } from '@sluice/sdk';
import { z } from 'zod';
import { word } from './words.ts';

/** Waits for a file, and says which word the code had before and after. */
export const waits = pipeline({
  name: 'waits',
  params: z.object({ until: z.string() }),
  async run({ until }) {
    const hold = (name: string) =>
      step(name, { run: python('hold.py'), hyper: { until, word }, on: 'cpu', heartbeat: '2 seconds' });
    const first = await hold('hold');
    const second = await hold('say');
    return { word, first: first.value, second: second.value };
  },
});
