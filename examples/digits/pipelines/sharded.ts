import { pipeline, python, train } from '@sluice/sdk';
import { z } from 'zod';

/** One training spread over several processes: weights and optimizer by FSDP, checkpoints of all their shards by DCP. */
export const sharded = pipeline({
  name: 'sharded',
  params: z.object({ steps: z.int().positive().default(200), ranks: z.int().positive().default(4) }),
  run: ({ steps, ranks }) =>
    train('network', {
      run: python('-m', ['sluice.torchrun', '--standalone', '--nproc-per-node', String(ranks), 'trainers/sharded.py'], {
        code: ['trainers/**/*.py'],
      }),
      hyper: { steps, every: 20 },
      on: 'gpu-spot',
    }),
});
