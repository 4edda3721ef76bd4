import { defineConfig, python } from '@sluice/sdk';

const example = { currency: 'USD', source: 'example price, not a quote', at: '2026-01-01' };

export default defineConfig({
  project: 'digits',
  pipelines: ['pipelines/digits.ts', 'pipelines/sharded.ts'],
  classes: {
    cpu: { price: { ...example, perHour: 0.1 } },
    'gpu-spot': { interruptible: true, fallback: 'gpu', price: { ...example, perHour: 0.9 } },
    gpu: { price: { ...example, perHour: 3 } },
  },
  endpoints: {
    // Importing PyTorch takes seconds.
    digits: {
      serve: python('server/serve.py', [], { code: ['server/**/*.py', 'trainers/network.py'] }),
      ready: '60 seconds',
    },
  },
  python: { requirements: 'requirements.txt' },
});
