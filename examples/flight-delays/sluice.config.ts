import { defineConfig, python } from '@sluice/sdk';

const example = { currency: 'USD', source: 'example price, not a quote', at: '2026-01-01' };

export default defineConfig({
  project: 'flight-delays',
  pipelines: ['pipelines/flight-delays.ts'],
  classes: {
    cpu: { price: { ...example, perHour: 0.1 } },
    'gpu-spot': { interruptible: true, fallback: 'gpu', slots: 2, price: { ...example, perHour: 0.9 } },
    gpu: { price: { ...example, perHour: 3 } },
  },
  endpoints: {
    'flight-delays': {
      serve: python('server/serve.py', [], { code: ['server/**/*.py', 'delays/**/*.py'] }),
      ready: '30 seconds',
    },
  },
  // The demo listens there; a team would give the address of its channel.
  notify: process.env.FLIGHT_DELAYS_WEBHOOK ? [{ webhook: 'env:FLIGHT_DELAYS_WEBHOOK' }] : [],
  python: { requirements: 'requirements.txt' },
});
