import { flushCompileCache } from 'node:module';
import { hostname } from 'node:os';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { isBuildOrder } from '../code/build.ts';
import { readDevFile } from '../dev/dev-file.ts';
import { UsageError } from '../errors.ts';
import { ExitCode } from '../exit-code.ts';
import { gatewayAccess } from '../run/gateway-access.ts';
import { temporalTarget } from '../run/temporal-target.ts';
import { runWorker } from '../worker/run-worker.ts';
import type { BuildOrders } from '../worker/serve-builds.ts';
import { onInterrupt } from './interrupt.ts';
import type { Io } from './io.ts';
import { type CommonOptions, loadProject } from './project.ts';

export interface WorkerOptions extends CommonOptions {
  readonly class?: string;
  readonly control?: boolean;
  readonly buildId?: string;
  readonly machine?: string;
  readonly grace?: number;
  readonly azureEvents?: boolean;
  /** Builds of the workflow code are ordered by the process that started this one. */
  readonly builds?: boolean;
}

/** Azure's metadata service, which only machines of its own reach. */
const AZURE_EVENTS = 'http://169.254.169.254';

/** `sluice worker`: serves one queue until it is told to stop or its machine is about to go. */
export async function workerCommand(options: WorkerOptions, io: Io): Promise<ExitCode> {
  const loaded = await loadProject(options);
  if ((options.class === undefined) === (options.control !== true)) {
    const names = Object.keys(loaded.config.classes).join(', ');
    throw new UsageError('A worker serves one class, or runs the workflows.', `Give --class (${names}) or --control.`);
  }
  const stack = await readDevFile(loaded.root);
  const { env } = process;
  const target = await temporalTarget({
    address: options.address,
    namespace: options.namespace,
    uiUrl: env.SLUICE_TEMPORAL_UI_URL || undefined,
    loaded,
  });
  // The signals are ours: the runtime's own handling would not tell a stop from a preemption.
  Runtime.install({ shutdownSignals: [], logger: new DefaultLogger(env.SLUICE_DEBUG ? 'DEBUG' : 'WARN') });
  const gateway = await gatewayAccess(stack);
  const interrupt = onInterrupt();
  dieWithParent();
  const end = await runWorker({
    loaded,
    target,
    machine: options.machine ?? env.SLUICE_MACHINE ?? hostname(),
    ...(options.class === undefined ? {} : { class: options.class }),
    ...(options.grace === undefined ? {} : { grace: options.grace }),
    ...(options.buildId === undefined ? {} : { buildId: options.buildId }),
    ...(options.builds ? { builds: ofParent } : {}),
    mlflowUrl: env.SLUICE_MLFLOW_URL || stack?.mlflow?.url || null,
    gateway,
    scheduledEventsUrl:
      env.SLUICE_SCHEDULED_EVENTS_URL || (options.azureEvents ? AZURE_EVENTS : (stack?.scheduledEventsUrl ?? null)),
    signal: interrupt.signal,
    onReady: () => {
      io.line(`worker ${options.class ?? 'control'} takes work from ${target.address}`);
      process.send?.({ type: 'ready' });
      // Workers rarely end in a way that would write it.
      flushCompileCache();
    },
    onProgress: (text) => io.line(text),
  });
  if (end === 'preempted') {
    io.line('this machine is about to go: all jobs have ended');
    await new Promise<void>((done) => (process.send ? process.send({ type: 'preempted' }, () => done()) : done()));
  }
  return ExitCode.done;
}

const ofParent: BuildOrders = {
  listen: (take) => void process.on('message', (message) => isBuildOrder(message) && take(message)),
  answer: (reply) => void process.send?.(reply),
};

/** A worker of a dev stack ends when the stack is gone. */
function dieWithParent(): void {
  process.on('disconnect', () => process.exit(1));
}
