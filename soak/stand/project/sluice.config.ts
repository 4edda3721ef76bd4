import { command, defineConfig } from '@sluice/sdk';

const serving = { serve: command([process.execPath, 'serve.mjs']), ready: '10 seconds' } as const;

/** Copied to a temporary folder before it is used. A model's folder says how its server behaves. */
export default defineConfig({
  project: 'soak',
  pipelines: ['pipelines.ts'],
  mlflow: false,
  classes: { cpu: {} },
  endpoints: {
    /** Its requests are captured. */
    replayed: serving,
    // One for every rollout that begins on an empty endpoint.
    ...Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`shop-${i}`, { ...serving, capture: 0 }])),
  },
});
