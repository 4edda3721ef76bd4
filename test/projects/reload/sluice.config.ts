import { defineConfig } from '@sluice/sdk';

/** A project whose code is edited while its runs are open. */
export default defineConfig({
  project: 'reload',
  pipelines: ['pipelines.ts'],
  classes: { cpu: { slots: 8 } },
  endpoints: {},
  mlflow: false,
});
