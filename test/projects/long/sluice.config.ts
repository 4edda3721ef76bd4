import { defineConfig } from '@sluice/sdk';

/** Copied to a temporary folder before it is used. */
export default defineConfig({
  project: 'soak-training',
  pipelines: ['pipelines/long.ts'],
  classes: { spot: { slots: 1, interruptible: true } },
  mlflow: false,
});
