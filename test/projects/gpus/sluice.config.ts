import { defineConfig } from '@sluice/sdk';

/** A machine of four GPUs that two jobs share: its programs are only told so, there need be none. */
export default defineConfig({
  project: 'gpus',
  pipelines: ['pipelines.ts'],
  classes: { a100: { gpus: 2, slots: 2 }, cpu: {} },
  endpoints: {},
  mlflow: false,
});
