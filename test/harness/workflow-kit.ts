import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectConverter } from '@sluice/activities/payloads';
import { type SluiceActivities, taskQueue } from '@sluice/sdk';
import { Client } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { inject } from 'vitest';
import { connectTo } from '../../packages/cli/src/run/temporal-target.ts';
import { workflowCode } from './workflow-code.ts';

Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: 'ERROR', forward: {} } },
});

let bundle: Promise<WorkflowBundleWithSourceMap> | undefined;

/** The fixtures' workflow bundle, made once per test file. */
export function fixtureBundle(): Promise<WorkflowBundleWithSourceMap> {
  bundle ??= workflowCode(fileURLToPath(new URL('../fixtures/entry.ts', import.meta.url)));
  return bundle;
}

/** Starts runs on a queue that some worker serves. */
export interface Starter {
  readonly client: Client;
  readonly project: string;
  readonly queue: string;
  /** Starts a fixture pipeline and returns its handle. */
  start(
    pipeline: string,
    params: object,
    options?: { id?: string; memo?: Record<string, unknown> },
  ): ReturnType<Client['workflow']['start']>;
  close(): Promise<void>;
}

export interface Kit extends Starter {
  /** Folder whose `.sluice/store` keeps the payloads that are too big for a history. */
  readonly root: string;
  /** Takes the worker away; runs stand still until it is back. */
  stopWorker(): Promise<void>;
  startWorker(bundle?: WorkflowBundleWithSourceMap): Promise<void>;
}

export interface KitOptions {
  /** Workflow code of the first worker. @default the fixtures' */
  readonly bundle?: WorkflowBundleWithSourceMap;
  /** Of client and worker. @default a project's, with its store in a temporary folder */
  readonly dataConverter?: DataConverter;
}

let count = 0;

/** A worker with the given activities on a queue of its own, against the run's Temporal server. */
export async function workflowKit(
  make: (project: string, client: Client) => SluiceActivities,
  options: KitOptions = {},
): Promise<Kit> {
  const { address } = inject('temporal');
  const project = `test-${process.pid}-${++count}`;
  const [connection, native, workflowBundle] = await Promise.all([
    connectTo({ address }),
    NativeConnection.connect({ address }),
    options.bundle ?? fixtureBundle(),
  ]);
  const root = await mkdtemp(join(tmpdir(), 'sluice-kit-'));
  // Each with what a process of its own would remember of the store.
  const converter = () => options.dataConverter ?? projectConverter({ root, config: {} });
  const client = new Client({ connection, dataConverter: converter() });
  const queue = taskQueue(project);
  const activities = make(project, client);
  let stop = async () => {};
  const startWorker = async (code = workflowBundle) => {
    await stop();
    const worker = await Worker.create({
      connection: native,
      taskQueue: queue,
      workflowBundle: code,
      activities,
      dataConverter: converter(),
      // How long a workflow waits for a worker that is gone.
      stickyQueueScheduleToStartTimeout: '1s',
    });
    const running = worker.run();
    stop = async () => {
      stop = async () => {};
      worker.shutdown();
      await running;
    };
  };
  await startWorker();
  return {
    root,
    stopWorker: () => stop(),
    startWorker,
    client,
    project,
    queue,
    start: (pipeline, params, options = {}) =>
      client.workflow.start(pipeline, {
        taskQueue: queue,
        workflowId: options.id ?? `${pipeline}/${project}-${++count}`,
        args: [params],
        memo: options.memo ?? {},
      }),
    async close() {
      await stop();
      await Promise.all([connection.close(), native.close()]);
      await rm(root, { recursive: true, force: true });
    },
  };
}
