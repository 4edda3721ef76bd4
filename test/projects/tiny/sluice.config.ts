import { defineConfig, python } from '@sluice/sdk';

const serving = { serve: python('server/serve.py'), ready: '20 seconds' } as const;
const price = { currency: 'USD', source: 'made up for tests', at: '2026-01-01' };

/** A project small enough to run a hundred times: standard-library Python only, seconds a run. */
export default defineConfig({
  project: process.env.SLUICE_TEST_PROJECT ?? 'tiny',
  pipelines: ['pipelines.ts', 'mistakes.ts'],
  classes: {
    cpu: { slots: 2 },
    spot: {
      interruptible: true,
      fallback: 'on-demand',
      price: { ...price, perHour: 1 },
      slots: Number(process.env.SLUICE_TEST_SPOT_SLOTS ?? 1),
    },
    'on-demand': { price: { ...price, perHour: 3 } },
  },
  // As many as a test needs for rollouts side by side: an endpoint has one at a time.
  endpoints: {
    shop: serving,
    impatient: { ...serving, ready: '8 seconds' },
    ...Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`shop-${i + 1}`, serving])),
  },
});
