import { join } from 'node:path';
import type { LoadedConfig } from '../config/load-config.ts';
import { CONTROL } from '../config/resolved-config.ts';
import type { Child } from './child.ts';
import { startNode } from './node-child.ts';
import type { Part } from './supervised.ts';

export interface WorkerPart extends Part {
  readonly class: string;
  readonly machine: string;
  readonly child: Child;
  /** True once it has ended because its machine was told to go; false once it has ended otherwise. */
  readonly preempted: Promise<boolean>;
}

export interface WorkerPartOptions {
  readonly loaded: LoadedConfig;
  readonly class: string;
  readonly machine: string;
  readonly temporal: { readonly address: string; readonly namespace: string; readonly uiUrl: string | null };
  readonly mlflowUrl: string | null;
  readonly gateway: { readonly url: string; readonly adminUrl: string; readonly tokenFile: string };
  readonly scheduledEventsUrl: string;
  readonly grace: number;
  /** Of the workflows: builds are ordered by messages. @default false: it makes its own of the checkout */
  readonly builds?: boolean;
}

/** Starts `sluice worker` as a process of its own. */
export async function startWorkerProcess(options: WorkerPartOptions): Promise<WorkerPart> {
  const { loaded, machine, temporal, gateway } = options;
  const { child } = await startNode(`The worker ${machine}`, 'main', workerArgs(options), {
    cwd: loaded.root,
    log: join(loaded.root, '.sluice', 'dev', `worker-${options.class}.log`),
    env: {
      ...process.env,
      // A running DuckDB query holds a thread of this pool; file work must not wait for it.
      UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? '16',
      SLUICE_SCHEDULED_EVENTS_URL: options.scheduledEventsUrl,
      SLUICE_GATEWAY_URL: gateway.url,
      SLUICE_GATEWAY_ADMIN_URL: gateway.adminUrl,
      SLUICE_GATEWAY_TOKEN: '',
      SLUICE_GATEWAY_TOKEN_FILE: gateway.tokenFile,
      SLUICE_TEMPORAL_UI_URL: temporal.uiUrl ?? '',
      SLUICE_MLFLOW_URL: options.mlflowUrl ?? '',
    },
  });
  return {
    pid: child.pid,
    exited: child.exited,
    kill: (signal) => child.kill(signal),
    stop: () => child.stop(options.grace + 2500),
    class: options.class,
    machine,
    child,
    preempted: child
      .message((message): message is { type: 'preempted' } => (message as { type?: unknown })?.type === 'preempted')
      .then(
        () => true,
        () => false,
      ),
  };
}

function workerArgs(options: WorkerPartOptions): string[] {
  return [
    'worker',
    ...(options.class === CONTROL ? ['--control'] : ['--class', options.class]),
    ...(options.builds ? ['--builds'] : []),
    '--machine',
    options.machine,
    '--config',
    options.loaded.path,
    '--address',
    options.temporal.address,
    '--namespace',
    options.temporal.namespace,
    '--grace',
    `${options.grace}`,
  ];
}
