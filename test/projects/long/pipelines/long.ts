import { pipeline, python, train } from '@sluice/sdk';
import { z } from 'zod';

/** Trains for so many steps on machines that do not last. */
export const long = pipeline({
  name: 'long',
  params: z.object({ steps: z.int().positive(), pace: z.number(), megabytes: z.int(), interval: z.number() }),
  async run(hyper) {
    return train('model', {
      run: python('train.py'),
      hyper,
      on: 'spot',
      heartbeat: 5000,
      preempt: { max: 100_000, onDemandAfter: null },
    });
  },
});
