import { defineConfig, python } from '@sluice/sdk';

const example = { currency: 'USD', source: 'example price, not a quote', at: '2026-01-01' };

export default defineConfig({
  project: 'tasks',
  pipelines: ['pipelines/tasks.ts'],
  classes: { cpu: { slots: 2, price: { ...example, perHour: 0.1 } } },
  endpoints: {
    tasks: {
      serve: python('server/serve.py', [], { code: ['server/**/*.py', 'answering/**/*.py', 'eval/features.json'] }),
      ready: '60 seconds',
    },
  },
  python: { requirements: 'requirements.txt' },
});
