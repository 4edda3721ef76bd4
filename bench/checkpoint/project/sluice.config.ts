import { defineConfig } from '@sluice/sdk';

/** Copied to a temporary folder before it is used. */
export default defineConfig({
  project: 'bench-checkpoint',
  pipelines: ['pipelines/checkpoint.ts'],
  classes: { spot: { slots: 1, interruptible: true } },
  python: { interpreter: 'venv/bin/python' },
  mlflow: false,
});
