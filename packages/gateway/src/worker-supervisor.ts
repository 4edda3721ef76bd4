import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inheritedEnv } from '@sluice/sdk';
import { GatewayCode, GatewayError } from './errors.ts';
import type { FromWorker, RouteEndpoint, ToWorker, WorkerSettings } from './ipc.ts';
import { openLog } from './log-file.ts';
import type { PublicListener } from './public-listener.ts';

/** `worker.ts` beside the source, `worker.js` beside the build. */
const WORKER = fileURLToPath(new URL(`./worker${extname(import.meta.url)}`, import.meta.url));

/** How long a change of routes, or a question, may wait for a worker. */
const ANSWER_MS = 8_000;
const MAX_BACKOFF_MS = 1000;
/** A worker that served for this long was a working one: the next starts at once. */
const WORKED_MS = 200;
/** Whoever moves traffic does not wait for a worker that hangs: the next one takes the routes. */
const UNCONFIRMED_SECONDS = 2;
const LAST_WORDS_MS = 250;

export interface SupervisorOptions {
  settings: WorkerSettings;
  listener: PublicListener;
  logPath: string;
  /** A worker that has not reported for this many seconds is hung. */
  hungAfterSeconds: number;
  /** Added to the worker's environment. */
  marks: Record<string, string>;
  onReport: (report: Extract<FromWorker, { type: 'report' }>) => void;
}

interface Waiting {
  done: () => void;
}

/** Keeps one proxy worker running, gives it routes and connections, and puts the next in its place when it dies. */
export class WorkerSupervisor {
  restarts = 0;
  readonly #options: SupervisorOptions;
  #child: ChildProcess | null = null;
  #ready = false;
  #closing = false;
  #missed = 0;
  /** Ticks in which routes that were sent before the last one were still not in use. */
  #unconfirmed = 0;
  #sentBefore = 0;
  #deathsInARow = 0;
  #readyAt = 0;
  #revision = 0;
  #routed = 0;
  #routes: RouteEndpoint[] = [];
  #call = 0;
  readonly #calls = new Map<number, Waiting>();
  readonly #routeWaiters = new Set<{ revision: number; done: () => void }>();
  readonly #watch: NodeJS.Timeout;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#watch = setInterval(() => this.#checkHung(), 1000);
    this.#watch.unref();
  }

  get pid(): number | null {
    return this.#ready ? (this.#child?.pid ?? null) : null;
  }

  /** Starts the first worker; resolves when it serves. */
  async start(): Promise<void> {
    this.#spawn();
    await this.setRoutes(this.#routes);
  }

  /**
   * Resolves when the worker, or the one that takes its place, uses these routes.
   *
   * @throws {GatewayError} GATEWAY_UNAVAILABLE after 8 s; the routes are still used as soon as a worker is up
   */
  async setRoutes(routes: RouteEndpoint[]): Promise<void> {
    this.#routes = routes;
    this.#revision += 1;
    const revision = this.#revision;
    const applied = new Promise<boolean>((resolve) => {
      const waiter = { revision, done: () => resolve(true) };
      this.#routeWaiters.add(waiter);
      setTimeout(() => {
        this.#routeWaiters.delete(waiter);
        resolve(false);
      }, ANSWER_MS).unref();
    });
    this.#sendRoutes();
    if (!(await applied)) {
      const fix = 'Ask again; the change is kept and takes effect when the worker is back.';
      throw new GatewayError(GatewayCode.Unavailable, 'The gateway worker did not confirm in time.', { fix });
    }
  }

  /** Asks the worker for something and waits for its answer; a worker that dies meanwhile counts as an answer. */
  async ask(
    question: DistributiveOmit<Extract<ToWorker, { call: number }>, 'call'>,
    withinMs = ANSWER_MS,
  ): Promise<void> {
    if (!this.#ready) return;
    this.#call += 1;
    const call = this.#call;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#calls.set(call, {
        done: () => {
          clearTimeout(timer);
          resolve();
        },
      });
      this.#send({ ...question, call });
    });
    this.#calls.delete(call);
  }

  /** Lets the worker finish what is under way, up to `drainMs`, then ends it. */
  async close(drainMs: number): Promise<void> {
    this.#closing = true;
    clearInterval(this.#watch);
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    this.#send({ type: 'stop', timeoutMs: drainMs });
    const timer = setTimeout(() => child.kill('SIGKILL'), drainMs + 2000);
    await ended;
    clearTimeout(timer);
  }

  #spawn(): void {
    const { settings, logPath } = this.#options;
    const table = settings.connectionTable;
    const log = openLog(logPath);
    const inherited = { ...settings, connectionTable: table === null ? null : 4 };
    // A Node of the gateway's own, so it takes the options of the host's; no program of a project gets them.
    const { NODE_OPTIONS } = process.env;
    const ownNode = NODE_OPTIONS === undefined ? {} : { NODE_OPTIONS };
    // Not bound to the host's death: it notices that itself, and then ends what the host has left behind.
    const child = spawn(process.execPath, [WORKER, JSON.stringify(inherited)], {
      env: { ...inheritedEnv(process.env), ...ownNode, ...this.#options.marks },
      stdio: ['ignore', log, log, 'ipc', table ?? 'ignore'],
    });
    closeSync(log);
    this.#child = child;
    this.#missed = 0;
    child.on('message', (message: FromWorker) => this.#receive(child, message));
    child.on('error', () => undefined);
    child.once('exit', () => {
      // What it still had to say is read first: it names the connections it closed and the requests it served.
      if (!child.connected) this.#exited(child);
      const last = setTimeout(() => this.#exited(child), LAST_WORDS_MS);
      child.once('disconnect', () => {
        clearTimeout(last);
        this.#exited(child);
      });
    });
  }

  #receive(child: ChildProcess, message: FromWorker): void {
    if (this.#child !== child) return;
    const { listener, onReport } = this.#options;
    switch (message.type) {
      case 'ready':
        this.#sendRoutes();
        return;
      case 'routed':
        this.#routed = message.revision;
        if (!this.#ready && !this.#closing) {
          // Connections come after the routes: none may meet an empty table.
          this.#ready = true;
          this.#readyAt = performance.now();
          listener.attach((socket, slot, resumed) => {
            child.send(
              { type: 'connection', slot, resumed } satisfies ToWorker,
              socket,
              { keepOpen: true },
              () => undefined,
            );
          });
        }
        for (const waiter of this.#routeWaiters) {
          if (waiter.revision > this.#routed) continue;
          this.#routeWaiters.delete(waiter);
          waiter.done();
        }
        return;
      case 'closed':
        listener.release(message.slots);
        return;
      case 'report':
        this.#missed = 0;
        onReport(message);
        return;
      case 'done':
        this.#calls.get(message.call)?.done();
    }
  }

  #exited(child: ChildProcess): void {
    if (this.#child !== child) return;
    const worked = this.#ready && performance.now() - this.#readyAt >= WORKED_MS;
    this.#child = null;
    this.#ready = false;
    this.#routed = 0;
    this.#unconfirmed = 0;
    this.#options.listener.detach();
    for (const call of this.#calls.values()) call.done();
    if (this.#closing) return;
    this.restarts += 1;
    this.#deathsInARow = worked ? 0 : this.#deathsInARow + 1;
    if (this.#deathsInARow === 0) {
      this.#spawn();
      return;
    }
    // A worker that cannot live must not take the machine with it.
    setTimeout(() => !this.#closing && this.#spawn(), Math.min(MAX_BACKOFF_MS, 25 * 2 ** this.#deathsInARow));
  }

  #sendRoutes(): void {
    this.#send({ type: 'routes', revision: this.#revision, endpoints: this.#routes });
  }

  #send(message: ToWorker): void {
    if (this.#child?.connected) this.#child.send(message, () => undefined);
  }

  /** Counted in the host's own ticks: when the host was stopped, the worker is not to blame. */
  #checkHung(): void {
    this.#missed += 1;
    const late = this.#ready && this.#routed < this.#sentBefore;
    this.#unconfirmed = late ? this.#unconfirmed + 1 : 0;
    this.#sentBefore = this.#revision;
    const hung = this.#missed >= this.#options.hungAfterSeconds || this.#unconfirmed >= UNCONFIRMED_SECONDS;
    if (hung) this.#child?.kill('SIGKILL');
  }
}

type DistributiveOmit<T, K extends keyof T> = T extends unknown ? Omit<T, K> : never;
