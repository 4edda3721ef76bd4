import { fileURLToPath } from 'node:url';
import { type SluiceActivities, taskQueue } from '@sluice/sdk';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { inject } from 'vitest';
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

export interface Kit {
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

let count = 0;

/** A worker with the given activities on a queue of its own, against the run's Temporal server. */
export async function workflowKit(make: (project: string, client: Client) => SluiceActivities): Promise<Kit> {
  const { address } = inject('temporal');
  const project = `test-${process.pid}-${++count}`;
  const [connection, native, workflowBundle] = await Promise.all([
    Connection.connect({ address }),
    NativeConnection.connect({ address }),
    fixtureBundle(),
  ]);
  const client = new Client({ connection });
  const queue = taskQueue(project);
  const worker = await Worker.create({
    connection: native,
    taskQueue: queue,
    workflowBundle,
    activities: make(project, client),
  });
  const running = worker.run();
  return {
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
      worker.shutdown();
      await running;
      await Promise.all([connection.close(), native.close()]);
    },
  };
}
