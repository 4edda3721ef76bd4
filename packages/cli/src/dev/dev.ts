import { join } from 'node:path';
import { scheduledEventsStandIn } from '@sluice/activities';
import type { FileLock } from '@sluice/gateway';
import { type LoadedConfig, loadConfig } from '../config/load-config.ts';
import { loadPipelines } from '../config/load-pipelines.ts';
import { CONTROL } from '../config/resolved-config.ts';
import { InterruptedError } from '../errors.ts';
import { findPython } from '../python-env.ts';
import { mlflowUrlOf, pythonOf } from '../worker/activity-context.ts';
import type { DevEvent } from './dev-events.ts';
import { type DevFile, removeDevFile, writeDevFile } from './dev-file.ts';
import { claimDevLock } from './dev-lock.ts';
import { FrontDoor } from './front-door.ts';
import { type GatewayPart, startGateway } from './gateway-part.ts';
import { type MlflowPart, startMlflowPart } from './mlflow-part.ts';
import { type PagePart, startPage } from './page-part.ts';
import { claimPort } from './ports.ts';
import { processStart } from './process-info.ts';
import { type Part, Supervised } from './supervised.ts';
import { startTemporal, type TemporalServer } from './temporal-server.ts';
import { startWorkerProcess, type WorkerPart } from './worker-part.ts';

export interface DevOptions {
  /** Folder of the project, or one below it. @default the current folder */
  readonly root?: string;
  /** Path of the config file. @default found from `root` upward */
  readonly config?: string;
  /** Each port: 0 takes a free one. @default 0 */
  readonly temporalPort?: number;
  readonly uiPort?: number;
  readonly mlflowPort?: number;
  readonly gatewayPort?: number;
  readonly gatewayAdminPort?: number;
  readonly scheduledEventsPort?: number;
  readonly pagePort?: number;
  /** Leaves Temporal's web UI out. @default false */
  readonly headless?: boolean;
  /** How long work may go on when a worker is told to stop, ms. @default 3000 */
  readonly grace?: number;
  readonly onEvent?: (event: DevEvent) => void;
  /** Breaks the start off. */
  readonly signal?: AbortSignal;
}

/** Name of a part: `temporal`, `mlflow`, `gateway`, `worker control`, `worker <class>`. */
export type PartName = string;

export interface WorkerInfo {
  /** Resource class; `control` runs the workflows. */
  readonly class: string;
  readonly machine: string;
  readonly pid: number;
}

/** A running stack. Everything in it dies with the process that started it. */
export interface DevStack {
  readonly loaded: LoadedConfig;
  readonly temporal: { readonly address: string; readonly namespace: string; readonly uiUrl: string | null };
  /** Null where MLflow is off. */
  readonly mlflow: { readonly url: string } | null;
  /** `tokenFile` holds the token of the admin API, for this user only. */
  readonly gateway: { readonly url: string; readonly adminUrl: string; readonly tokenFile: string };
  readonly scheduledEventsUrl: string;
  /** The pages of `sluice ui`. */
  readonly pageUrl: string;
  /** Workers that run now; one that is being started again is missing. */
  readonly workers: readonly WorkerInfo[];
  /** Ends a part by `signal` and waits until its successor works. @default SIGKILL */
  restart(part: PartName, signal?: NodeJS.Signals): Promise<void>;
  /** Process of a part; null while it is being started again. */
  pidOf(part: PartName): number | null;
  /** Ends everything within ten seconds. */
  stop(): Promise<void>;
}

/**
 * Starts what a project needs on this machine: Temporal, MLflow, the gateway, preemption notices and a worker process
 * per resource class. Parts that die are started again on the same ports.
 *
 * @throws SluiceError `InvalidConfig`, `AlreadyRunning`, `PortInUse`, `CommandNotFound`, `StackFailed`; nothing is left
 * running then.
 */
export async function startDevStack(options: DevOptions = {}): Promise<DevStack> {
  const loaded = await loadConfig({
    ...(options.root === undefined ? {} : { cwd: options.root }),
    ...(options.config === undefined ? {} : { file: options.config }),
  });
  await loadPipelines(loaded);
  const stack = new Stack(loaded, options);
  try {
    await Promise.race([stack.start(), brokenOff(options.signal)]);
    return stack;
  } catch (error) {
    await stack.stop();
    throw error;
  }
}

/** Rejects when the signal fires; never resolves. */
function brokenOff(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, failed) => {
    const fail = () => failed(new InterruptedError('The start was broken off.'));
    if (signal?.aborted) fail();
    else signal?.addEventListener('abort', fail, { once: true });
  });
}

class Stack implements DevStack {
  readonly loaded: LoadedConfig;
  readonly #options: DevOptions;
  readonly #emit: (event: DevEvent) => void;
  readonly #temporal: Supervised<TemporalServer>;
  readonly #gateway: Supervised<GatewayPart>;
  readonly #frontDoor = new FrontDoor();
  readonly #mlflow: Supervised<MlflowPart> | null;
  readonly #workers: Supervised<WorkerPart>[];
  #standIn: Awaited<ReturnType<typeof scheduledEventsStandIn>> | null = null;
  #lock: FileLock | null = null;
  #stopped: Promise<void> | null = null;
  #mlflowPort = 0;
  #page: PagePart | null = null;
  #saving: Promise<void> = Promise.resolve();
  #addresses: Pick<DevStack, 'temporal' | 'mlflow' | 'gateway'> | null = null;

  constructor(loaded: LoadedConfig, options: DevOptions) {
    this.loaded = loaded;
    this.#options = options;
    this.#emit = (event) => {
      options.onEvent?.(event);
      if (event.type === 'up' || event.type === 'died') this.#save();
    };
    const onProgress = (text: string) => this.#emit({ type: 'progress', text });
    const { root, config } = loaded;
    const state = join(root, '.sluice');
    const ports = { temporal: options.temporalPort ?? 0, ui: options.uiPort ?? 0 };
    this.#temporal = this.#supervise('temporal', async () => {
      const server = await startTemporal({
        stateDir: join(state, 'temporal'),
        port: ports.temporal,
        uiPort: ports.ui,
        headless: options.headless ?? false,
        onProgress,
      });
      ports.temporal = server.port;
      ports.ui = server.uiPort;
      return server;
    });
    let adminPort = options.gatewayAdminPort ?? 0;
    this.#gateway = this.#supervise('gateway', async () => {
      const gateway = await startGateway({ root, adminPort, frontDoor: this.#frontDoor });
      adminPort = gateway.adminPort;
      return gateway;
    });
    this.#mlflow =
      config.mlflow === undefined
        ? this.#supervise('mlflow', () => startMlflowPart({ root, port: this.#mlflowPort, onProgress }))
        : null;
    this.#workers = [CONTROL, ...Object.keys(config.classes)].map((name) =>
      this.#supervise(`worker ${name}`, (restarts) => this.#startWorker(name, restarts)),
    );
  }

  async start(): Promise<void> {
    this.#lock = await claimDevLock(this.loaded.root);
    this.#save();
    await checkPorts(this.#options);
    const port = await claimPort(this.#options.scheduledEventsPort ?? 0, 'preemption notices', '--events-port');
    this.#standIn = await scheduledEventsStandIn({ port });
    if (this.#mlflow !== null) {
      await findPython(); // before anything is started that would have to be ended again
      this.#mlflowPort = await claimPort(this.#options.mlflowPort ?? 0, 'MLflow', '--mlflow-port');
    }
    // MLflow takes longest and is needed last: the workers start beside it.
    await all([this.#mlflow?.begin(), this.#beginWorkers(), this.#beginPage()]);
    this.#save();
    await this.#saving;
  }

  async #beginPage(): Promise<void> {
    this.#page = await startPage(this.loaded, await claimPort(this.#options.pagePort ?? 0, 'the pages', '--page-port'));
  }

  async #beginWorkers(): Promise<void> {
    const port = await this.#frontDoor.open(
      await claimPort(this.#options.gatewayPort ?? 0, 'the gateway', '--gateway-port'),
    );
    const installing = pythonOf(this.loaded, (text) => this.#emit({ type: 'progress', text }));
    const [temporal, gateway] = await all([this.#temporal.begin(), this.#gateway.begin(), installing]);
    const url = mlflowUrlOf(this.loaded.config, this.#mlflow === null ? null : `http://127.0.0.1:${this.#mlflowPort}`);
    this.#addresses = {
      temporal: { address: temporal.address, namespace: temporal.namespace, uiUrl: temporal.uiUrl },
      gateway: { url: `http://127.0.0.1:${port}`, adminUrl: gateway.adminUrl, tokenFile: gateway.tokenFile },
      mlflow: url === null ? null : { url },
    };
    await all(this.#workers.map((worker) => worker.begin()));
  }

  get temporal() {
    return this.#up().temporal;
  }

  get mlflow() {
    return this.#up().mlflow;
  }

  get gateway() {
    return this.#up().gateway;
  }

  get scheduledEventsUrl(): string {
    return this.#standIn?.url ?? '';
  }

  get pageUrl(): string {
    return this.#page?.url ?? '';
  }

  get workers(): readonly WorkerInfo[] {
    return this.#workers.flatMap(({ current }) =>
      current === null ? [] : [{ class: current.class, machine: current.machine, pid: current.pid }],
    );
  }

  async restart(name: PartName, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.#part(name).restart(signal);
    await this.#saving;
  }

  pidOf(name: PartName): number | null {
    return this.#part(name).current?.pid ?? null;
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    // Workers first, while the server is there to hear how their jobs ended.
    await Promise.allSettled(this.#workers.map((worker) => worker.stop()));
    await Promise.allSettled([
      this.#gateway.stop(),
      this.#mlflow?.stop(),
      this.#temporal.stop(),
      this.#standIn?.close(),
      this.#page?.close(),
    ]);
    this.#frontDoor.close();
    await this.#saving;
    if (this.#lock === null) return;
    await removeDevFile(this.loaded.root);
    this.#lock.release();
  }

  #supervise<P extends Part>(name: string, start: (restarts: number) => Promise<P>): Supervised<P> {
    return new Supervised<P>({ name, start, onEvent: this.#emit });
  }

  async #startWorker(name: string, restarts: number): Promise<WorkerPart> {
    const { temporal, mlflow, gateway } = this.#up();
    const machine = `${name}-${restarts + 1}`;
    const worker = await startWorkerProcess({
      loaded: this.loaded,
      class: name,
      machine,
      temporal,
      mlflowUrl: mlflow?.url ?? null,
      gateway,
      scheduledEventsUrl: this.scheduledEventsUrl,
      grace: this.#options.grace ?? 3000,
    });
    void worker.preempted.then(
      (was) => was && this.#emit({ type: 'machine-preempted', part: `worker ${name}`, machine }),
    );
    return worker;
  }

  #part(name: PartName): Supervised<Part> {
    const parts = [this.#temporal, this.#gateway, this.#mlflow, ...this.#workers];
    const found = parts.find((part) => part?.name === name) as Supervised<Part> | null | undefined;
    if (found) return found;
    throw new TypeError(`There is no part "${name}".`);
  }

  #up(): Pick<DevStack, 'temporal' | 'mlflow' | 'gateway'> {
    if (this.#addresses === null) throw new TypeError('The stack is not up yet.');
    return this.#addresses;
  }

  #file(): DevFile {
    const { temporal, gateway, mlflow } = this.#addresses ?? { temporal: null, gateway: null, mlflow: null };
    return {
      pid: process.pid,
      started: processStart(process.pid) ?? '',
      temporal: temporal && { ...temporal, pid: this.#temporal.current?.pid ?? 0 },
      gateway: gateway && { ...gateway, pid: this.#gateway.current?.pid ?? 0 },
      mlflow: mlflow && { ...mlflow, pid: this.#mlflow?.current?.pid ?? null },
      ui: this.#page && { url: this.#page.url },
      scheduledEventsUrl: this.#standIn?.url ?? null,
      workers: [...this.workers],
    };
  }

  #save(): void {
    if (this.#lock === null || this.#stopped !== null) return;
    this.#saving = this.#saving.then(() => writeDevFile(this.loaded.root, this.#file())).catch(() => {});
  }
}

/** Asks for the ports that were named before anything is started, and before anything is installed. */
async function checkPorts(options: DevOptions): Promise<void> {
  const asked = [
    [options.temporalPort, 'the Temporal server', '--temporal-port'],
    [options.uiPort, "Temporal's UI", '--ui-port'],
    [options.mlflowPort, 'MLflow', '--mlflow-port'],
    [options.gatewayPort, 'the gateway', '--gateway-port'],
    [options.gatewayAdminPort, "the gateway's administration", '--gateway-admin-port'],
    [options.pagePort, 'the pages', '--page-port'],
  ] as const;
  for (const [port, what, flag] of asked) if (port) await claimPort(port, what, flag);
}

/** Waits for all even if one fails, so that nothing is still starting when the failure is handled. */
async function all<const Values extends readonly unknown[]>(
  promises: Values,
): Promise<{ -readonly [K in keyof Values]: Awaited<Values[K]> }> {
  const settled = await Promise.allSettled(promises);
  const failed = settled.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return settled.map((one) => (one as PromiseFulfilledResult<unknown>).value) as never;
}
