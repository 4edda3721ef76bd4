import { join } from 'node:path';
import { scheduledEventsStandIn } from '@sluice/activities';
import type { FileLock } from '@sluice/gateway';
import { DevCode } from '../code/dev-code.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import { CONTROL } from '../config/resolved-config.ts';
import { findPython } from '../python-env.ts';
import { connectClient, plainTarget } from '../run/temporal-target.ts';
import { mlflowUrlOf, pythonOf } from '../worker/activity-context.ts';
import { all } from './all.ts';
import type { DevEvent } from './dev-events.ts';
import { type DevFile, removeDevFile, writeDevFile } from './dev-file.ts';
import { claimDevLock } from './dev-lock.ts';
import type { DevOptions, DevStack, PartName, WorkerInfo } from './dev-stack.ts';
import { FrontDoor } from './front-door.ts';
import { type GatewayPart, startGateway } from './gateway-part.ts';
import { type ListenerName, takePorts } from './listeners.ts';
import { type MlflowPart, startMlflowPart } from './mlflow-part.ts';
import { type PagePart, startPage } from './page-part.ts';
import { PortMemory } from './port-memory.ts';
import { processStart } from './process-info.ts';
import { type Part, Supervised } from './supervised.ts';
import { startTemporal, type TemporalServer } from './temporal-server.ts';
import { startWorkerProcess, type WorkerPart } from './worker-part.ts';

/** The parts of `sluice dev`, started in the order that they need each other, and ended in the reverse one. */
export class Stack implements DevStack {
  readonly loaded: LoadedConfig;
  readonly code: DevCode;
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
  #page: PagePart | null = null;
  #closeClient: () => Promise<void> = async () => {};
  #ports: Readonly<Record<ListenerName, number>> | null = null;
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
    this.code = new DevCode(loaded, this.#emit);
    this.#temporal = this.#supervise('temporal', () =>
      startTemporal({
        stateDir: join(state, 'temporal'),
        port: this.#port('temporal'),
        uiPort: this.#port('temporal-ui'),
        headless: options.headless ?? false,
        onProgress,
      }),
    );
    this.#gateway = this.#supervise('gateway', () =>
      startGateway({ root, adminPort: this.#port('gateway-admin'), frontDoor: this.#frontDoor }),
    );
    this.#mlflow =
      config.mlflow === undefined
        ? this.#supervise('mlflow', () => startMlflowPart({ root, port: this.#port('mlflow'), onProgress }))
        : null;
    this.#workers = [CONTROL, ...Object.keys(config.classes)].map((name) =>
      this.#supervise(`worker ${name}`, (restarts) => this.#startWorker(name, restarts)),
    );
  }

  async start(): Promise<void> {
    this.#lock = await claimDevLock(this.loaded.root);
    this.#save();
    const memory = await PortMemory.open(this.loaded.root, ({ what }, from, to) =>
      this.#emit({ type: 'port-moved', what, from, to }),
    );
    this.#ports = await takePorts(memory, this.#options);
    if (this.#mlflow !== null) await findPython(); // before anything is started that would have to be ended again
    this.#standIn = await scheduledEventsStandIn({ port: this.#port('preemption-notices') });
    // MLflow takes longest and is needed last: the workers start beside it.
    const workers = this.#beginWorkers().catch(async (error: unknown) => {
      await this.code.stop(); // it waits for what does not come
      throw error;
    });
    const page = startPage(this.loaded, this.#port('pages')).then((started) => {
      this.#page = started;
    });
    await all([this.#mlflow?.begin(), this.code.begin(), workers, page]);
    this.#save();
    await this.#saving;
  }

  async #beginWorkers(): Promise<void> {
    const port = await this.#frontDoor.open(this.#port('gateway'));
    const installing = pythonOf(this.loaded, (text) => this.#emit({ type: 'progress', text }));
    const [temporal, gateway] = await all([this.#temporal.begin(), this.#gateway.begin(), installing]);
    const url = mlflowUrlOf(
      this.loaded.config,
      this.#mlflow === null ? null : `http://127.0.0.1:${this.#port('mlflow')}`,
    );
    this.#addresses = {
      temporal: { address: temporal.address, namespace: temporal.namespace, uiUrl: temporal.uiUrl },
      gateway: { url: `http://127.0.0.1:${port}`, adminUrl: gateway.adminUrl, tokenFile: gateway.tokenFile },
      mlflow: url === null ? null : { url },
    };
    const { client, close } = await connectClient(
      plainTarget(temporal.address, temporal.namespace, 'sluice dev', null),
    );
    this.#closeClient = close;
    this.code.connect(client);
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
    await this.code.stop();
    // Workers first, while the server is there to hear how their jobs ended.
    await Promise.allSettled(this.#workers.map((worker) => worker.stop()));
    await this.#closeClient();
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
      builds: name === CONTROL,
    });
    if (name === CONTROL) await this.code.attach(worker.child);
    void worker.preempted.then(
      (was) => was && this.#emit({ type: 'machine-preempted', part: `worker ${name}`, machine }),
    );
    return worker;
  }

  #port(name: ListenerName): number {
    if (this.#ports === null) throw new TypeError('The ports are not taken yet.');
    return this.#ports[name];
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
