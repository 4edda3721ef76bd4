import { command, defineConfig } from '@sluice/sdk';

/** Copied to a temporary folder before it is used. A model's folder says how its server behaves. */
export default defineConfig({
  project: 'soak',
  pipelines: ['pipelines.ts'],
  mlflow: false,
  endpoints: Object.fromEntries(
    // One for every rollout that begins on an empty endpoint.
    Array.from({ length: 1000 }, (_, i) => [
      `shop-${i}`,
      { serve: command([process.execPath, 'serve.mjs']), ready: '10 seconds' as const, capture: 0 },
    ]),
  ),
});
