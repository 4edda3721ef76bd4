import { join } from 'node:path';
import {
  type ActivityContext,
  cleanWork,
  createActivities,
  sendUnsent,
  watchScheduledEvents,
  workerStopped,
} from '@sluice/activities';
import { keyringOf } from '@sluice/activities/encryption';
import { ErrorCode, SluiceError, taskQueue } from '@sluice/sdk';
import { Client } from '@temporalio/client';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import type { LoadedConfig } from '../config/load-config.ts';
import { CONTROL } from '../config/resolved-config.ts';
import { didYouMean } from '../config/suggest.ts';
import { UsageError } from '../errors.ts';
import { connectionFailed, connectTo, converting, type TemporalTarget } from '../run/temporal-target.ts';
import { activityContext } from './activity-context.ts';
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
  /** How long running work may go on after this worker is told to stop, ms; ten seconds more are for storing. @default 20000 */
  readonly grace?: number;
  /**
   * Pins runs to this build by Temporal's Worker Versioning: they stay on workers of the build they began on. Left out,
   * a build id made of the bundle's bytes is only recorded.
   */
  readonly buildId?: string;
  /** Ends the worker in good order. */
  readonly signal: AbortSignal;
  readonly onReady?: () => void;
  readonly onProgress?: (line: string) => void;
}

/** Why a worker ended of itself. */
export type WorkerEnd = 'stopped' | 'preempted';

const GRACE_MS = 20_000;
/** What is left for last commits, and for telling the server, once programs are dead. */
const STORING_MS = 15_000;

/**
 * Serves one task queue until `signal` fires or this machine is told to go: then it takes no more work, lets what
 * runs come to its end or to a checkpoint, and returns.
 *
 * @throws SluiceError `Unreachable`, `Usage` for a class that is not in the config.
 */
export async function runWorker(options: RunWorkerOptions): Promise<WorkerEnd> {
  const { loaded, target, machine } = options;
  checkClass(loaded, options.class);
  // A key that is missing is said now, and not by the first decision.
  keyringOf(loaded.config);
  const bundling = options.class === undefined ? workflowBundle(loaded) : null;
  bundling?.catch(() => {});
  const connections = await connect(target);
  const stopping = new AbortController();
  const notices =
    options.scheduledEventsUrl && options.class !== undefined
      ? watchScheduledEvents({ baseUrl: options.scheduledEventsUrl, machine })
      : null;
  try {
    const context = await activityContext({
      loaded,
      temporal: new Client({ connection: connections.client, namespace: target.namespace, ...converting(target) }),
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
    // What an earlier worker of this machine could not tell MLflow; it stays in its files until MLflow answers.
    if (context.mlflow !== null) sendUnsent(context.mlflow, join(context.stateDir, 'mlflow-unsent')).catch(() => {});
    const worker = await Worker.create({
      connection: connections.native,
      ...converting(target),
      namespace: target.namespace,
      identity: `${options.class ?? CONTROL}@${machine}:${process.pid}`,
      activities: createActivities(context, { grace: { shutdown: options.grace ?? GRACE_MS } }),
      // A shutdown stops polling, and cancels nothing: what runs hears from us when it has to end, and a job's own watch
      // of its machine's notice knows best how long it may train on.
      shutdownGraceTime: '365 days',
      maxHeartbeatThrottleInterval: '1s',
      defaultHeartbeatThrottleInterval: '1s',
      ...(bundling === null
        ? classWorker(loaded, options.class ?? '')
        : { ...controlWorker(loaded, await bundling), ...pinned(loaded, options.buildId) }),
    });
    return await serve(worker, notices, stopping, options);
  } finally {
    notices?.close();
    await connections.close();
  }
}

function classWorker({ config }: LoadedConfig, name: string): Partial<WorkerOptions> & { taskQueue: string } {
  return {
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

/**
 * Runs until told to stop, from outside or by a notice that this machine goes away. A notice ends polling only; being
 * told to stop ends what runs too, also when a notice came before.
 */
async function serve(
  worker: Worker,
  notices: ActivityContext['preemption'] | null,
  stopping: AbortController,
  options: RunWorkerOptions,
): Promise<WorkerEnd> {
  let end: WorkerEnd = 'stopped';
  const takeNoMore = (why: WorkerEnd): void => {
    if (worker.getState() !== 'RUNNING') return;
    end = why;
    worker.shutdown();
  };
  let overdue: NodeJS.Timeout | undefined;
  let giveUp = (_: Error): void => {};
  const tooLate = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  const onAbort = (): void => {
    stopping.abort(workerStopped());
    takeNoMore('stopped');
    const limit = (options.grace ?? GRACE_MS) + STORING_MS;
    overdue = setTimeout(() => giveUp(overdueError(limit)), limit);
  };
  const running = worker.run();
  options.signal.addEventListener('abort', onAbort);
  const unsubscribe = notices?.subscribe(() => takeNoMore('preempted')) ?? (() => {});
  if (options.signal.aborted) onAbort();
  else if (notices?.current()) takeNoMore('preempted');
  else options.onReady?.();
  try {
    await Promise.race([running, tooLate]);
  } finally {
    clearTimeout(overdue);
    running.catch(() => {}); // of a worker that was given up, nobody hears any more
    unsubscribe();
    options.signal.removeEventListener('abort', onAbort);
  }
  return end;
}

function overdueError(limit: number): SluiceError {
  return new SluiceError(ErrorCode.Internal, `Work still ran ${limit / 1000} s after the worker was told to stop.`, {
    fix: 'Nothing is lost that was stored: the next attempt goes on. See the log for what held it up, or give more time by --grace.',
  });
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
