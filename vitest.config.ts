import { defineConfig } from 'vitest/config';

/** Cross packages, and need no server all the same. */
const withoutServer = ['test/bad-input/table/*.test.ts', 'test/harness/*.test.ts'];

/** Unit tests sit beside the file and need no server; `test/` runs against real servers, started once per run. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'packages/*/src/**/*.test.{ts,tsx}',
            'tools/**/*.test.ts',
            'bench/**/*.test.ts',
            'examples/**/*.test.ts',
            ...withoutServer,
          ],
          pool: 'forks',
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/**/*.test.ts'],
          exclude: ['**/node_modules/**', ...withoutServer],
          pool: 'forks',
          globalSetup: ['test/harness/global-setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 300_000,
          // A file drives a stack of eight processes; two cores carry one at a time without blurring what is timed.
          maxWorkers: 1,
        },
      },
    ],
  },
});
