import { join } from 'node:path';
import {
  type ActivityContext,
  cleanWork,
  createActivities,
  gpuPool,
  pruneDaily,
  sendUnsent,
  watchScheduledEvents,
} from '@sluice/activities';
import { keyringOf } from '@sluice/activities/encryption';
import { projectConverter } from '@sluice/activities/payloads';
import { taskQueue } from '@sluice/sdk';
import { Client } from '@temporalio/client';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import type { LoadedConfig } from '../config/load-config.ts';
import { CONTROL } from '../config/resolved-config.ts';
import { didYouMean } from '../config/suggest.ts';
import { UsageError } from '../errors.ts';
import { workerReports } from '../report/worker-reports.ts';
import { connectionFailed, connectTo, type TemporalTarget } from '../run/temporal-target.ts';
import { activityContext } from './activity-context.ts';
import { checkOneProtobuf } from './one-protobuf.ts';
import { serve, type WorkerEnd } from './serve.ts';
import { type BuildOrders, serveBuilds } from './serve-builds.ts';
import { workflowBundle } from './workflow-bundle.ts';

export interface RunWorkerOptions {
  readonly loaded: LoadedConfig;
  /** Resource class to serve; left out: workflows and the small activities around them. */
  readonly class?: string;
  readonly target: TemporalTarget;
  /** Name of this machine, as preemption notices call it. */
  readonly machine: string;
  /** MLflow server of the dev stack. */
  readonly mlflowUrl?: string | null;
  readonly gateway?: ActivityContext['gateway'];
  /** Where preemption notices are read; null: nowhere. */
  readonly scheduledEventsUrl?: string | null;
  /** How long running work may go on after this worker is told to stop, ms; 15 seconds more are for storing. @default 20000 */
  readonly grace?: number;
  /**
   * Pins runs to this build by Temporal's Worker Versioning: they stay on workers of the build they began on. Left out,
   * a build id made of the bundle's bytes is only recorded.
   */
  readonly buildId?: string;
  /** Runs the workflow code of the builds that are ordered here, and none of the checkout's own. */
  readonly builds?: BuildOrders;
  /** Ends the worker in good order. */
  readonly signal: AbortSignal;
  readonly onReady?: () => void;
  readonly onProgress?: (line: string) => void;
}

/**
 * Serves one task queue until `signal` fires or this machine is told to go: then it takes no more work, lets what
 * runs come to its end or to a checkpoint, and returns.
 *
 * @throws SluiceError `Unreachable`, `Usage` for a class that is not in the config.
 */
export async function runWorker(options: RunWorkerOptions): Promise<WorkerEnd> {
  const { loaded, target, machine } = options;
  checkClass(loaded, options.class);
  checkOneProtobuf();
  // A key that is missing is said now, and not by the first decision.
  keyringOf(loaded.config);
  const bundling = options.class === undefined && options.builds === undefined ? workflowBundle(loaded) : null;
  bundling?.catch(() => {});
  const dataConverter = projectConverter(loaded);
  const connections = await connect(target);
  const stopping = new AbortController();
  const grace = options.grace ?? 20_000;
  const notices =
    options.scheduledEventsUrl && options.class !== undefined
      ? watchScheduledEvents({ baseUrl: options.scheduledEventsUrl, machine })
      : null;
  let stopPruning = () => {};
  try {
    const context = await activityContext({
      loaded,
      temporal: new Client({ connection: connections.client, namespace: target.namespace, dataConverter }),
      machine,
      resourceClass: options.class ?? CONTROL,
      preemption: notices ?? noNotices,
      stopping: stopping.signal,
      mlflowUrl: options.mlflowUrl ?? null,
      gateway: options.gateway ?? null,
      links: { temporal: target.uiUrl === null ? null : `${target.uiUrl}/namespaces/${target.namespace}` },
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    });
    await cleanWork(context);
    stopPruning = pruneDaily(context.stateDir);
    // What an earlier worker of this machine could not tell MLflow; it stays in its files until MLflow answers.
    if (context.mlflow !== null) sendUnsent(context.mlflow, join(context.stateDir, 'mlflow-unsent')).catch(() => {});
    const common = {
      connection: connections.native,
      dataConverter,
      namespace: target.namespace,
      identity: `${options.class ?? CONTROL}@${machine}:${process.pid}`,
      activities: createActivities(
        context,
        { grace: { shutdown: grace } },
        loaded.config.reports === 'off' ? undefined : workerReports({ loaded, target, context }),
      ),
      // A shutdown stops polling, and cancels nothing: what runs hears from us when it has to end, and a job's own watch
      // of its machine's notice knows best how long it may train on.
      shutdownGraceTime: '365 days' as const,
      maxHeartbeatThrottleInterval: '1s' as const,
      defaultHeartbeatThrottleInterval: '1s' as const,
    };
    const serving = { notices, stopping, grace, signal: options.signal };
    if (options.builds !== undefined) {
      return await serveBuilds({
        orders: options.builds,
        create: ({ id, path }) =>
          Worker.create({ ...common, ...controlWorker(loaded, { codePath: path }), ...pinned(loaded, id) }),
        serve: (worker, onReady) => serve(worker, { ...serving, onReady }),
        signal: options.signal,
        onReady: options.onReady,
      });
    }
    const worker = await Worker.create({
      ...common,
      ...(bundling === null
        ? classWorker(loaded, options.class ?? '')
        : { ...controlWorker(loaded, await bundling), ...pinned(loaded, options.buildId) }),
    });
    return await serve(worker, { ...serving, onReady: options.onReady });
  } finally {
    stopPruning();
    notices?.close();
    await connections.close();
  }
}

function classWorker({ config }: LoadedConfig, name: string): Partial<WorkerOptions> & { taskQueue: string } {
  const gpus = gpuPool(name, config.classes[name] ?? {}, process.env);
  return {
    ...(gpus === null
      ? {}
      : {
          interceptors: { activity: [() => ({ inbound: { execute: (input, next) => gpus.run(() => next(input)) } })] },
        }),
    taskQueue: taskQueue(config.project, name),
    maxConcurrentActivityTaskExecutions: config.classes[name]?.slots ?? 1,
    maxConcurrentActivityTaskPolls: Math.min(5, config.classes[name]?.slots ?? 1),
  };
}

function controlWorker(
  { config }: LoadedConfig,
  workflowBundle: { codePath: string },
): Partial<WorkerOptions> & { taskQueue: string } {
  return {
    taskQueue: taskQueue(config.project),
    workflowBundle,
    // How long a workflow waits for the worker that has it in memory, should that one be gone.
    stickyQueueScheduleToStartTimeout: '4s',
  };
}

function pinned({ config }: LoadedConfig, buildId: string | undefined): Partial<WorkerOptions> {
  if (buildId === undefined) return {};
  return {
    workerDeploymentOptions: {
      version: { deploymentName: config.project, buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'PINNED',
    },
  };
}

async function connect(target: TemporalTarget) {
  try {
    const native = await NativeConnection.connect(target.native);
    const client = await connectTo(target.connection).catch(async (error: unknown) => {
      await native.close();
      throw error;
    });
    return {
      native,
      client,
      close: async () => {
        await client.close();
        // A worker that was given up still has it.
        await native.close().catch(() => {});
      },
    };
  } catch (error) {
    throw connectionFailed(target, error);
  }
}

function checkClass({ config }: LoadedConfig, name: string | undefined): void {
  if (name === undefined || config.classes[name] !== undefined) return;
  const names = Object.keys(config.classes);
  throw new UsageError(
    `There is no resource class "${name}".${didYouMean(name, names)}`,
    `There is: ${names.join(', ')}; the workflows are run by --control.`,
  );
}

const noNotices: ActivityContext['preemption'] = { current: () => null, subscribe: () => () => {} };
