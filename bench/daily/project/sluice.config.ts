import { defineConfig } from '@sluice/sdk';

export default defineConfig({
  project: 'bench-daily',
  pipelines: ['pipelines.ts'],
  classes: { cpu: {} },
  endpoints: {},
  ...(process.env.SLUICE_BENCH_MLFLOW === '0' ? { mlflow: false } : {}),
});
