import { defineConfig } from '@sluice/sdk';

/** Copied to a temporary folder before it is used; its slots are the concurrency of every system in the comparison. */
export default defineConfig({
  project: 'bench-overhead',
  pipelines: ['pipelines/overhead.ts'],
  classes: { cpu: { slots: 16 } },
  // A link to the virtual environment that all systems share: a machine's own Python may start slowly.
  python: { interpreter: 'venv/bin/python' },
  mlflow: false,
});
