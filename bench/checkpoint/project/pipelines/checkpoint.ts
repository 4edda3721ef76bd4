import { pipeline, python, train } from '@sluice/sdk';
import { z } from 'zod';

/** Trains for so many seconds of work, with a checkpoint of so many bytes now and then. */
export const checkpoint = pipeline({
  name: 'checkpoint',
  params: z.object({
    seconds: z.number().positive(),
    interval: z.number().positive(),
    megabytes: z.int().positive(),
    heartbeat: z.int().positive(),
    log: z.string(),
  }),
  async run({ heartbeat, ...hyper }) {
    return train('state', { run: python('train.py'), hyper, heartbeat: heartbeat * 1000 });
  },
});
