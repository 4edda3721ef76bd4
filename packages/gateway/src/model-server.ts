import type { GatewayVersion, GatewayVersionSpec, PingResult, VersionStatus } from '@sluice/sdk';
import { freePort } from './free-port.ts';
import { tailLog } from './log-file.ts';
import { CannotStart, type ModelProcess, startModelProcess } from './model-process.ts';
import { ping } from './ping.ts';

export interface ModelServerOptions {
  endpoint: string;
  id: string;
  spec: GatewayVersionSpec;
  logPath: string;
  /** Added to the environment: whose process it is. */
  marks: Record<string, string>;
  /** It was ready in an earlier life of the host: it is started again for as long as it takes. */
  everReady: boolean;
  /** Time between health pings, ms. */
  pingEveryMs: number;
  /** State, port or `everReady` changed. */
  onChange: () => void;
}

export const DEFAULT_READY_TIMEOUT_MS = 60_000;
const PING_TIMEOUT_MS = 2000;
const FAILURES_UNTIL_UNHEALTHY = 3;
const GRACE_MS = 5000;
const FIRST_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 30_000;
/** Ready for this long, and the next crash counts as the first again. */
const STABLE_MS = 60_000;
/** A version that was never ready and ends this often will not become ready. */
const FIRST_STARTS = 3;

/** One version's model server: started, watched, restarted after a crash, stopped. */
export class ModelServer {
  readonly spec: GatewayVersionSpec;
  everReady: boolean;
  readonly #options: ModelServerOptions;
  #status: VersionStatus = 'starting';
  #process: ModelProcess | null = null;
  #port: number | null = null;
  #startedAt: number | null = null;
  #restarts = 0;
  #lastError: string | null = null;
  #nextStartAt: number | null = null;
  #crashesInARow = 0;
  #answers = 0;
  readonly #stopping = new AbortController();
  #life: Promise<void> = Promise.resolve();

  constructor(options: ModelServerOptions) {
    this.#options = options;
    this.spec = options.spec;
    this.everReady = options.everReady;
  }

  start(): void {
    this.#life = this.#live();
  }

  /** Crashed, and not started again by itself. */
  get gaveUp(): boolean {
    return this.#status === 'crashed' && this.#nextStartAt === null;
  }

  get ready(): boolean {
    return this.#status === 'ready';
  }

  /** It has a process, or is just getting one. */
  get alive(): boolean {
    return this.#status !== 'crashed' && this.#status !== 'stopped';
  }

  /** Where requests go; null while nothing can answer. */
  get routePort(): number | null {
    return this.alive ? this.#port : null;
  }

  /** A request was answered. */
  answered(): void {
    this.#answers += 1;
  }

  state(): GatewayVersion {
    const { id, logPath } = this.#options;
    const { digest, command, cwd, modelPath } = this.spec;
    return {
      id,
      digest,
      command,
      cwd,
      modelPath,
      state: this.#status,
      pid: this.#process?.pid ?? null,
      port: this.#port,
      startedAt: this.#startedAt,
      restarts: this.#restarts,
      lastError: this.#lastError,
      nextStartAt: this.#nextStartAt,
      logPath,
    };
  }

  async ping(): Promise<PingResult> {
    if (this.#port === null) {
      return { ok: false, status: null, latencyMs: 0, error: `the model server is not running (${this.#status})` };
    }
    return ping(this.#port, PING_TIMEOUT_MS);
  }

  /** Shows as stopped at once; the process goes on until {@link stop}. */
  retire(): void {
    this.#set('stopped');
  }

  /** SIGTERM, SIGKILL after 5 s; resolves when no process is left. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.retire();
    await this.#process?.end(GRACE_MS);
    await this.#life;
  }

  async #live(): Promise<void> {
    const { signal } = this.#stopping;
    const windowEnd = Date.now() + this.#readyTimeoutMs;
    for (let starts = 1; !signal.aborted; starts += 1) {
      const { error, hopeless } = await this.#runOnce(this.everReady ? Date.now() + this.#readyTimeoutMs : windowEnd);
      this.#process = null;
      this.#port = null;
      this.#startedAt = null;
      if (signal.aborted) return;
      this.#lastError = error;
      if (!this.everReady && (hopeless || starts >= FIRST_STARTS || Date.now() >= windowEnd)) {
        this.#set('crashed');
        return;
      }
      const wait = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.#crashesInARow);
      this.#crashesInARow += 1;
      this.#nextStartAt = Date.now() + wait;
      this.#set('crashed');
      await pause(wait, signal);
      this.#nextStartAt = null;
      if (signal.aborted) return;
      this.#restarts += 1;
      this.#set('starting');
    }
  }

  /** One process from start to end. */
  async #runOnce(readyBy: number): Promise<{ error: string; hopeless: boolean }> {
    const { endpoint, id, logPath, marks } = this.#options;
    const port = await freePort();
    if (this.#stopping.signal.aborted) return { error: 'stopped', hopeless: true };
    let process: ModelProcess;
    try {
      process = startModelProcess({ endpoint, id, spec: this.spec, port, logPath, marks });
    } catch (error) {
      return { error: (error as Error).message, hopeless: error instanceof CannotStart };
    }
    this.#process = process;
    this.#port = port;
    this.#startedAt = Date.now();
    this.#options.onChange();
    const over = new AbortController();
    const ended = process.ended.finally(() => over.abort());
    const late = await this.#awaitReady(port, readyBy, over.signal);
    if (late !== null) {
      await process.end(GRACE_MS);
      return { error: late, hopeless: false };
    }
    const readyAt = Date.now();
    if (!over.signal.aborted) await this.#watch(port, over.signal);
    const how = await ended;
    if (this.#status !== 'starting' && Date.now() - readyAt >= STABLE_MS) this.#crashesInARow = 0;
    const before = this.#status === 'starting' ? ' before it was ready' : '';
    const [lastLine] = await tailLog(logPath, 1);
    return {
      error: `The model server ${how}${before}.${lastLine ? ` Its last line: ${lastLine}` : ''}`,
      hopeless: false,
    };
  }

  /** @returns what to blame when the time is up, null when it is ready or has ended */
  async #awaitReady(port: number, readyBy: number, over: AbortSignal): Promise<string | null> {
    let last: PingResult | null = null;
    for (let wait = 50; !over.aborted; wait = Math.min(500, wait * 1.5)) {
      const left = readyBy - Date.now();
      if (left <= 0) {
        const saw = last?.error ?? 'it was never asked';
        return `GET /ping did not answer 200 within ${this.#readyTimeoutMs} ms (last: ${saw}).`;
      }
      const answer = await ping(port, Math.min(PING_TIMEOUT_MS, left));
      // A ping that only the end of the time cut short says nothing.
      if (answer.ok || answer.status !== null || left >= PING_TIMEOUT_MS || last === null) last = answer;
      if (answer.ok && !over.aborted && !this.#stopping.signal.aborted) {
        this.everReady = true;
        this.#set('ready');
        return null;
      }
      await pause(Math.min(wait, Math.max(1, readyBy - Date.now())), over);
    }
    return null;
  }

  /** Pings until the process has ended. */
  async #watch(port: number, over: AbortSignal): Promise<void> {
    let failures = 0;
    for (;;) {
      const answers = this.#answers;
      await pause(this.#options.pingEveryMs, over);
      if (over.aborted || this.#stopping.signal.aborted) return;
      const answer = await ping(port, PING_TIMEOUT_MS);
      if (over.aborted || this.#stopping.signal.aborted) return;
      // A busy server's pings queue behind its answers: these say as much.
      const alive = answer.ok || (answer.status === null && this.#answers > answers);
      failures = alive ? 0 : failures + 1;
      if (alive) this.#set('ready');
      else if (failures >= FAILURES_UNTIL_UNHEALTHY) {
        this.#lastError = `GET /ping failed ${failures} times in a row (last: ${answer.error}).`;
        this.#set('unhealthy');
      }
    }
  }

  get #readyTimeoutMs(): number {
    return this.spec.readyTimeoutMs ?? DEFAULT_READY_TIMEOUT_MS;
  }

  #set(status: VersionStatus): void {
    if (this.#status === status || this.#status === 'stopped') return;
    this.#status = status;
    this.#options.onChange();
  }
}

/** Waits, but not beyond the signal. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
