import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { type LoadedConfig, loadConfig } from '../../packages/cli/src/config/load-config.ts';
import { startTemporal, type TemporalServer } from '../../packages/cli/src/dev/temporal-server.ts';
import { startWorkerProcess, type WorkerPart } from '../../packages/cli/src/dev/worker-part.ts';
import { connectClient, plainTarget } from '../../packages/cli/src/run/temporal-target.ts';
import type { Scope } from './scope.ts';

/** A folder that is gone when the scope closes. */
export async function temporaryFolder(scope: Scope, name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `sluice-bench-${name}-`));
  scope.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

export interface Temporal {
  readonly server: TemporalServer;
  readonly client: Client;
}

/** A Temporal server with an empty database of its own, and a client of it. */
export async function temporalServer(scope: Scope, say: (line: string) => void): Promise<Temporal> {
  const server = await startTemporal({ headless: true, onProgress: say });
  scope.defer(() => server.stop());
  const { client, close } = await connectClient(plainTarget(server.address, server.namespace, 'flags', null));
  // After an interruption a call may still be on its way, and would throw out of nowhere; the process ends anyway.
  scope.defer(() => (scope.signal.aborted ? undefined : close()));
  return { server, client };
}

export interface Project {
  readonly loaded: LoadedConfig;
  /** Starts `sluice worker` for a class, or for the workflows, as `sluice dev` does; it reads notices where it is told to. */
  startWorker(name: string, machine?: string, scheduledEventsUrl?: string): Promise<WorkerPart>;
}

/**
 * A copy of a project in a temporary folder, so that its state and its store are gone afterwards.
 *
 * @param venv virtual environment that the config names as `venv`
 */
export async function temporaryProject(
  scope: Scope,
  source: string,
  server: TemporalServer,
  venv: string | null = null,
): Promise<Project> {
  const root = join(await temporaryFolder(scope, 'project'), 'project');
  await cp(source, root, { recursive: true });
  if (venv !== null) await symlink(venv, join(root, 'venv'));
  const loaded = await loadConfig({ file: join(root, 'sluice.config.ts') });
  return {
    loaded,
    async startWorker(name, machine = name, scheduledEventsUrl = '') {
      const worker = await startWorkerProcess({
        loaded,
        class: name,
        machine,
        temporal: { address: server.address, namespace: server.namespace, uiUrl: null },
        mlflowUrl: null,
        gateway: { url: '', adminUrl: '', tokenFile: '' },
        scheduledEventsUrl,
        grace: 1000,
      });
      scope.defer(() => worker.stop());
      return worker;
    },
  };
}
