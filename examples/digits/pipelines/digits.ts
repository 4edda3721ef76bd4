import { canary, column, deploy, evaluate, extract, pipeline, python, replay, train } from '@sluice/sdk';
import { z } from 'zod';

const pixels = Array.from({ length: 64 }, (_, index) => `p${index}`);

export const digits = pipeline({
  name: 'digits',
  params: z.object({
    epochs: z.int().positive().default(30),
    seed: z.int().nonnegative().default(0),
  }),
  async run({ epochs, seed }) {
    const images = await extract('images', {
      sql: `select * from read_csv('data/digits.csv') where id % 5 <> 0`,
      checks: [column('digit').between(0, 9), ...pixels.map((pixel) => column(pixel).between(0, 16))],
    });
    const model = await train('network', {
      run: python('trainers/train.py'),
      data: { digits: images },
      hyper: { epochs },
      seed,
      on: 'gpu-spot',
    });
    const unseen = await extract('unseen-images', {
      sql: `select digit, ${pixels.join(', ')} from read_csv('data/digits.csv') where id % 5 = 0`,
    });
    const quality = await evaluate('unseen', {
      model,
      suite: { cases: unseen, label: 'digit', metric: 'correct', margin: 0.02 },
      against: 'production',
    });
    const replayed = await replay('recent-traffic', { model, endpoint: 'digits', last: '24 hours' });
    return deploy('digits', {
      model,
      gates: [images, quality, replayed],
      approval: { within: '2 days' },
      rollout: canary([5, 25, 50]),
    });
  },
});
