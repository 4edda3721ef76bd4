import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startTemporal } from '../../packages/cli/src/dev/temporal-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    temporal: { readonly address: string; readonly uiUrl: string };
  }
}

/** One Temporal server for the whole run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stateDir = await mkdtemp(join(tmpdir(), 'sluice-temporal-'));
  const server = await startTemporal({ stateDir });
  project.provide('temporal', { address: server.address, uiUrl: server.uiUrl ?? '' });
  return async () => {
    await server.stop();
    await rm(stateDir, { recursive: true, force: true });
  };
}
