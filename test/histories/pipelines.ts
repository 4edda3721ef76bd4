import { deploy, ErrorCode, errorCode, evaluate, map, patched, pipeline, python, step, train } from '@sluice/sdk';
import { z } from 'zod';

/** Pipelines whose histories are kept, beside the fixtures and the examples: shapes that those do not have. */

/** Goes on after a step that failed, and then fans out into children. */
export const recovered = pipeline({
  name: 'recovered',
  params: z.object({ keys: z.array(z.string()) }),
  async run({ keys }) {
    const model = await train('model', { run: python('train.py') });
    const score = await evaluate('quality', { model, suite: 'suite' }).catch((error: unknown) => {
      if (errorCode(error) !== ErrorCode.NotFound) throw error;
      return null;
    });
    const hyper = { scored: score !== null };
    const { ok } = await map('key', keys, { tolerate: 0 }, () => step('work', { run: python('noop.py'), hyper }));
    return ok.length;
  },
});

/** Maps inside of maps, beside each other and beside steps. */
export const nested = pipeline({
  name: 'nested',
  params: z.object({ shops: z.array(z.string()), years: z.array(z.number()) }),
  async run({ shops, years }) {
    const [models, other] = await Promise.all([
      map('shop', shops, {}, async (shop) => {
        const folds = await map('year', years, { concurrency: 2 }, (year) =>
          step('fold', { run: python('noop.py'), hyper: { shop, year } }),
        );
        return folds.length;
      }),
      map('again', shops, {}, () => step('fold', { run: python('noop.py') })),
      step('beside', { run: python('noop.py') }),
    ]);
    return [...models, other.length];
  },
});

/** A change that runs under way do not see, before a map that runs in children. */
export const changed = pipeline({
  name: 'changed',
  params: z.object({ keys: z.array(z.string()) }),
  async run({ keys }) {
    const tuned = patched('tune-first') ? await step('tune', { run: python('noop.py') }) : null;
    const hyper = { tuned: tuned?.value ?? null };
    const values = await map('key', keys, {}, async () => {
      const { value } = await step('work', { run: python('noop.py'), hyper });
      return patched('one-more') ? value : null;
    });
    return values.length;
  },
});

/** Calls another pipeline like a function, which is refused. */
export const caller = pipeline({
  name: 'caller',
  params: z.object({}),
  async run() {
    return nested({ shops: ['a'], years: [2013] });
  },
});

/** Deploys inside a map that is too large for one workflow, which is refused. */
export const deploysInChildren = pipeline({
  name: 'deploys-in-children',
  params: z.object({ keys: z.array(z.string()) }),
  async run({ keys }) {
    const model = await train('model', { run: python('train.py') });
    return map('key', keys, {}, () => deploy('shop', { model, gates: [] }));
  },
});
