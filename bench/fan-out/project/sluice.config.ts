import { defineConfig } from '@sluice/sdk';

/** Copied to a temporary folder before it is used. */
export default defineConfig({
  project: 'bench-fan-out',
  pipelines: ['pipelines/fan-out.ts'],
  classes: { cpu: { slots: 16 } },
  python: { interpreter: 'venv/bin/python' },
  mlflow: false,
});
