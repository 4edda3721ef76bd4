import { canary, deploy, evaluate, map, merge, pipeline, python, step, train } from '@sluice/sdk';
import { z } from 'zod';

const run = python('noop.py');
const size = z.object({ keys: z.int().positive(), concurrency: z.int().positive() });
const keysOf = (count: number) => Array.from({ length: count }, (_, index) => `key-${index}`);

/** A model for each key, one of all of them, judged and deployed. */
export const manyModels = pipeline({
  name: 'many-models',
  params: size,
  async run({ keys, concurrency }) {
    const models = await map('key', keysOf(keys), { concurrency }, (key) => train('model', { run, hyper: { key } }));
    const model = await merge('all', { run, models });
    const quality = await evaluate('quality', { model, suite: 'suite' });
    const { state } = await deploy('shop', {
      model,
      gates: [quality],
      approval: 'none',
      rollout: canary([50], { hold: 1 }),
      settle: true,
    });
    return { models: models.length, metrics: Object.keys(models.at(-1)?.metrics ?? {}).length, state };
  },
});

/** One step for each key. */
export const manyKeys = pipeline({
  name: 'many-keys',
  params: size,
  async run({ keys, concurrency }) {
    const done = await map('key', keysOf(keys), { concurrency }, (key) => step('work', { run, hyper: { key } }));
    return { keys: done.length, last: done.at(-1)?.step };
  },
});
