import { map, pipeline, python, step } from '@sluice/sdk';
import { z } from 'zod';

/** One step for each of `keys` keys; those named in `failing` fail. */
export const fanOut = pipeline({
  name: 'fan-out',
  params: z.object({
    keys: z.int().positive(),
    failing: z.array(z.string()).default([]),
    concurrency: z.int().positive().default(16),
  }),
  async run({ keys, failing, concurrency }) {
    const names = Array.from({ length: keys }, (_, index) => `key-${index}`);
    const { ok, failed } = await map('key', names, { concurrency, tolerate: failing.length }, (key) =>
      step('work', { run: python(failing.includes(key) ? 'fail.py' : 'noop.py'), retry: { errors: 0 } }),
    );
    return { ok: ok.length, failed: failed.map(({ key }) => key) };
  },
});
